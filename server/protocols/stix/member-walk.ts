import { isIdentifier, isPropertyName } from './identifiers.ts';
import type { JsonObject } from './json-value.ts';
import { type Report, refuse, refuseIfStrict, warn } from './report.ts';

/**
 * Visits every member of an object once and counts them: fewer than the text has means that a name occurs twice in
 * one object, which the parsed value no longer shows.
 */
export function walkMembers(object: JsonObject, type: string, mayHoldNul: boolean, report: Report): number {
  const path: (string | number)[] = [];
  const where = () =>
    path
      .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
      .join('')
      .slice(1);
  let members = 0;
  // Observables embedded in observed-data refer to each other by their key (STIX 2.0 part 3, STIX 2.1 §2.14).
  let embedded = false;

  function visitObject(value: JsonObject, top: boolean): void {
    const names = Object.keys(value);
    members += names.length;
    for (const name of names) {
      path.push(name);
      if (mayHoldNul && name.includes('\0')) refuseNul(true);
      if (top) {
        embedded = type === 'observed-data' && name === 'objects';
        if (!isPropertyName(name))
          refuseIfStrict(report, name, 'a property name is 3 to 250 of a-z, 0-9 and _', '§3.1');
      }
      const member = value[name];
      if (name.endsWith('_ref')) visitReference(member, name, top);
      else if (name.endsWith('_refs') && Array.isArray(member)) {
        for (let i = 0; i < member.length; i++) {
          path.push(i);
          visitReference(member[i], name, top);
          path.pop();
        }
      } else if (top && name.endsWith('_refs') && member !== null && !name.startsWith('x_')) {
        refuse(report, name, 'must be a list of identifiers', '§3.3');
      }
      visit(member);
      path.pop();
    }
  }

  function visit(value: unknown): void {
    if (typeof value === 'string') {
      if (mayHoldNul && value.includes('\0')) refuseNul(false);
    } else if (value === null) {
      refuseIfStrict(report, where, 'null is a value of no type', '§2');
    } else if (Array.isArray(value)) {
      if (value.length === 0) refuseIfStrict(report, where, 'a list must not be empty', '§2.12');
      for (let i = 0; i < value.length; i++) {
        const item: unknown = value[i];
        if (typeof item === 'string' && !mayHoldNul) continue;
        path.push(i);
        visit(item);
        path.pop();
      }
    } else if (typeof value === 'object') {
      visitObject(value as JsonObject, false);
    }
  }

  function visitReference(value: unknown, name: string, top: boolean): void {
    if (embedded || value === null || isIdentifier(value)) return;
    const message = 'must be an identifier, <type>--<UUID>';
    if (!top) warn(report, where, message, '§3.3');
    else if (name.startsWith('x_')) refuseIfStrict(report, where, message, '§3.3');
    else refuse(report, where, message, '§3.3');
  }

  function refuseNul(inName: boolean): void {
    const shown = () => where().replaceAll('\0', '\\u0000');
    refuse(
      report,
      shown,
      `contains U+0000${inName ? ' in its name' : ''}, which is not stored`,
      'RFC 8259 §9',
    );
  }

  visitObject(object, true);
  return members;
}

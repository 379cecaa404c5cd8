import { parseTimestamp } from '../timestamp.ts';
import { givenValue, isJsonObject, type JsonObject } from './json-value.ts';
import { type Report, refuse, refuseIfStrict } from './report.ts';

/** STIX 2.1 §7.2.1.4: these four are the same object everywhere. Those of TLP 2.0 have ids of their own. */
const predefined: ReadonlyMap<string, string> = new Map([
  ['marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9', 'white'],
  ['marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da', 'green'],
  ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82', 'amber'],
  ['marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed', 'red'],
]);

const predefinedCreated = parseTimestamp('2017-01-20T00:00:00.000Z');
const section = '§7.2.1.4';

/** A marking with a predefined id must be the predefined one, or a client could redefine what "red" means. */
export function checkTlpMarking(object: JsonObject, id: string, report: Report): void {
  const definitionType = givenValue(object, 'definition_type');
  const definition = givenValue(object, 'definition');
  const level = isJsonObject(definition) ? givenValue(definition, 'tlp') : undefined;
  const expected = predefined.get(id.toLowerCase());
  if (expected === undefined) {
    if (definitionType === 'tlp' && [...predefined.values()].some((known) => known === level))
      refuseIfStrict(report, 'id', `TLP ${level} has a predefined id, other ids must not be used`, section);
    return;
  }
  const created = givenValue(object, 'created');
  if (typeof created === 'string' && parseTimestamp(created) !== predefinedCreated)
    refuse(report, 'created', 'a predefined TLP marking was created 2017-01-20T00:00:00.000Z', section);
  if (definitionType !== 'tlp')
    refuse(report, 'definition_type', 'a predefined TLP marking has the type "tlp"', section);
  if (level !== expected)
    refuse(report, 'definition.tlp', `the predefined marking with this id is "${expected}"`, section);
  const name = givenValue(object, 'name');
  if (name !== undefined && name !== `TLP:${expected.toUpperCase()}`)
    refuseIfStrict(report, 'name', `the predefined name is "TLP:${expected.toUpperCase()}"`, section);
}

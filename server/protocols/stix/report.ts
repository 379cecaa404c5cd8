/** What a check finds: reasons to refuse an object, and warnings. All at once, each with its property path. */
export type Report = {
  readonly strict: boolean;
  readonly reasons: string[];
  readonly warnings: string[];
};

/** One object full of faults must not fill the memory or the answer. */
const maxFindings = 50;

export function createReport(strict: boolean): Report {
  return { strict, reasons: [], warnings: [] };
}

/** `section` names where the standard says so: `§3.2` of STIX 2.1 unless it begins with another name. */
export function refuse(report: Report, path: string, message: string, section: string): void {
  note(report.reasons, path, message, section);
}

export function warn(report: Report, path: string, message: string, section: string): void {
  note(report.warnings, path, message, section);
}

/** Real feeds do this: a reason to refuse only in strict mode. */
export function refuseIfStrict(report: Report, path: string, message: string, section: string): void {
  note(report.strict ? report.reasons : report.warnings, path, message, section);
}

function note(findings: string[], path: string, message: string, section: string): void {
  if (findings.length > maxFindings) return;
  const source = section.startsWith('§') ? `STIX 2.1 ${section}` : section;
  const subject = path === '' ? '' : `${path}: `;
  findings.push(findings.length === maxFindings ? 'and more' : `${subject}${message} (${source})`);
}

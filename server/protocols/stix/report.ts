/** What a check finds: reasons to refuse an object, and warnings. All at once, each with its property path. */
export type Report = {
  readonly strict: boolean;
  readonly reasons: string[];
  readonly warnings: string[];
};

/** One object full of faults, or with endless names, must not fill the memory or the answer. */
const maxFindings = 50;
const maxPathLength = 300;

/** A path that is dear to build is given as a function, and built only for a finding that is kept. */
export type Path = string | (() => string);

export function createReport(strict: boolean): Report {
  return { strict, reasons: [], warnings: [] };
}

/** `section` names where the standard says so: `§3.2` of STIX 2.1 unless it begins with another name. */
export function refuse(report: Report, path: Path, message: string, section: string): void {
  note(report.reasons, path, message, section);
}

export function warn(report: Report, path: Path, message: string, section: string): void {
  note(report.warnings, path, message, section);
}

/** Real feeds do this: a reason to refuse only in strict mode. */
export function refuseIfStrict(report: Report, path: Path, message: string, section: string): void {
  note(report.strict ? report.reasons : report.warnings, path, message, section);
}

function note(findings: string[], path: Path, message: string, section: string): void {
  if (findings.length > maxFindings) return;
  if (findings.length === maxFindings) {
    findings.push('and more');
    return;
  }
  const source = section.startsWith('§') ? `STIX 2.1 ${section}` : section;
  const full = typeof path === 'string' ? path : path();
  const place = full.length > maxPathLength ? `${full.slice(0, maxPathLength)}…` : full;
  findings.push(`${place === '' ? '' : `${place}: `}${message} (${source})`);
}

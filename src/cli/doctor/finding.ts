// One line of the doctor.

export interface Diagnostic {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly message: string;
  /** What to do; null when nothing is. */
  readonly hint: string | null;
}

// A result of the doctor.

export interface Diagnostic {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly message: string;
  /** Remedy; null if none is needed. */
  readonly hint: string | null;
}

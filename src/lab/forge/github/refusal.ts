// What GitHub answers instead of taking a request: always with 422.

export interface Refusal {
  readonly message: string;
  readonly errors: readonly Record<string, string>[];
}

export function refuse(field: string, why: string): Refusal {
  return {
    message: 'Validation Failed',
    errors: [{ resource: 'Lab', code: 'custom', field, message: `${field} ${why}` }],
  };
}

export function isRefusal(answer: object): answer is Refusal {
  return 'errors' in answer && 'message' in answer;
}

// A refused mutation, before each kind of forge converts it to its own error response.

export interface Refused {
  readonly refused: {
    readonly field: string;
    readonly code: 'missing_field' | 'invalid' | 'custom';
    readonly message: string;
  };
}

export function refuse(field: string, code: Refused['refused']['code'], message: string): Refused {
  return { refused: { field, code, message } };
}

export function isRefused(answer: object): answer is Refused {
  return 'refused' in answer;
}

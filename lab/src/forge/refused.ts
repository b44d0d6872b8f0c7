// What a forge says when it does not do what it was asked for, before each kind of forge puts it into its own words.

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

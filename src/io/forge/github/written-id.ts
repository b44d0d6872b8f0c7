// Verifies that a successful response comes from the forge: a proxy or sign-in page may also return success although nothing was written.

interface Answer {
  readonly status: number;
  readonly headers: object;
  readonly data: { readonly id?: unknown };
}

/**
 * The id of the written object. @throws like a failed request, if there is none
 */
export function idOfWritten(answer: Answer): number {
  const { id } = answer.data ?? {};
  if (typeof id === 'number') return id;
  throw Object.assign(new Error('the answer is not the forge\u2019s'), { status: answer.status, response: answer });
}

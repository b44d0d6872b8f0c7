// Whether what answered is the forge: a proxy or a page to sign in may answer with success, and nothing was written.

interface Answer {
  readonly status: number;
  readonly headers: object;
  readonly data: { readonly id?: unknown };
}

/** The id of what was written. @throws as a failed request does, where there is none */
export function idOfWritten(answer: Answer): number {
  const { id } = answer.data ?? {};
  if (typeof id === 'number') return id;
  throw Object.assign(new Error('the answer is not the forge\u2019s'), { status: answer.status, response: answer });
}

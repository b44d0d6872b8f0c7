// Whose an object is: its comment says so after what people declare of it, since most objects have no other room for it.

const MARK = /^(?:(.*) )?\[kept by Phoenix from ([^\]\s]+)\]$/;

export function markedComment(comment: string, repository: string): string {
  return `${comment === '' ? '' : `${comment} `}[kept by Phoenix from ${repository}]`;
}

/** The repository that keeps an object; null where its comment names none. */
export function ownerIn(comment: string): string | null {
  return MARK.exec(comment)?.[2] ?? null;
}

/** What people say of it, without the mark. */
export function commentOf(comment: string): string {
  const [, own] = MARK.exec(comment) ?? [];
  return MARK.test(comment) ? (own ?? '') : comment;
}

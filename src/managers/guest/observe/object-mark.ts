// The owner mark of an object: appended to its comment, since most objects have no other room for it.

const MARK = /^(?:(.*) )?\[kept by Phoenix from ([^\]\s]+)\]$/;

export function markedComment(comment: string, repository: string): string {
  return `${comment === '' ? '' : `${comment} `}[kept by Phoenix from ${repository}]`;
}

/** The repository that owns an object; null where its comment has no mark. */
export function ownerIn(comment: string): string | null {
  return MARK.exec(comment)?.[2] ?? null;
}

/** The comment without the mark. */
export function commentOf(comment: string): string {
  const [, own] = MARK.exec(comment) ?? [];
  return MARK.test(comment) ? (own ?? '') : comment;
}

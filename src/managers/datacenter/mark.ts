// Whose an object is: its comment says so after what people declare of it, since most objects have no other room for it.

const MARK = /^(?:(.*) )?\[kept by Phoenix from ([^\]\s]+)\]$/;

export function markedComment(comment: string, repository: string): string {
  return `${comment === '' ? '' : `${comment} `}[kept by Phoenix from ${repository}]`;
}

/** The repository that keeps an object; null where its comment names none. */
export function keeperOf(comment: string): string | null {
  return MARK.exec(comment)?.[2] ?? null;
}

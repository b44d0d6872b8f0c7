// Every value of a JSON document, and the document with one of them replaced.

/** The way from the top of a document to a value. */
export type Keys = readonly (string | number)[];

/** Every value that is no object or list, with its place. */
export function leaves(value: unknown, at: Keys = []): (readonly [Keys, unknown])[] {
  if (typeof value !== 'object' || value === null) return [[at, value]];
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, [...at, Array.isArray(value) ? Number(key) : key]),
  );
}

/** The document with `by` at that place: what is not on the way to it is shared with the original. */
export function replaced(value: unknown, [key, ...rest]: Keys, by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

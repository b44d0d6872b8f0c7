// Looks up the kind of object that an API path belongs to.

/** The row whose objects are listed at this path template, or are each found at it by their id. */
export function rowAt<Row extends { readonly path: string; readonly id: string }>(
  rows: readonly Row[],
  template: string,
): Row | undefined {
  return rows.find(({ path, id }) => template === path || template === `${path}/{${id}}`);
}

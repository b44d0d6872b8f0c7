// Reads paginated lists of GitHub, Gitea and Forgejo completely. GitHub gives the next page in `Link`, by number or cursor; Gitea too, and the total
// number of rows in `X-Total-Count`; a list with neither is complete. Gitea limits the page size by an administrator's setting, whatever is
// requested. Only the query of the link is used: it may name a foreign host.

import type { Client } from './connect.ts';

const PER_PAGE = 100;
/** Bound against an endless list. */
const MAX_PAGES = 1000;
const CURSORS = ['page', 'after', 'cursor'] as const;

/**
 * @param path path of the list, with parameters in braces
 * @param query query of every page
 * @param rows extracts the list from a page's body; the body itself when absent
 */
export async function* pagesOf<Row>(
  client: Client,
  path: string,
  query: Readonly<Record<string, unknown>>,
  rows: (data: never) => readonly Row[] = (data) => data,
): AsyncGenerator<readonly Row[]> {
  let read = 0;
  let place: Readonly<Record<string, string>> = {};
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    // Gitea has another name for the page size.
    const answer = await client.request(path, { ...query, per_page: PER_PAGE, limit: PER_PAGE, ...place });
    const { data, headers } = answer;
    // Gitea sends null for an empty list. Anything else is a page that does not come from the forge.
    const these = data === null ? [] : rows(data as never);
    if (!Array.isArray(these))
      throw Object.assign(new Error(`${path} is no list`), { status: answer.status, response: answer });
    yield these;
    read += these.length;
    const more = read < Number(headers['x-total-count'] ?? 0) ? { page: String(page + 1) } : null;
    const next = nextOf(String(headers.link ?? '')) ?? more;
    if (these.length === 0 || next === null) return;
    place = next;
  }
  throw new Error(`the forge has no end of pages of ${path}`);
}

/** All rows of all pages. */
export async function allOf<Row>(...list: Parameters<typeof pagesOf<Row>>): Promise<Row[]> {
  const found: Row[] = [];
  for await (const page of pagesOf<Row>(...list)) found.push(...page);
  return found;
}

/** The query of the next page; null where there is none. */
function nextOf(link: string): Record<string, string> | null {
  const [, address = ''] = /<([^>]*)>;\s*rel="next"/.exec(link) ?? [];
  const query = URL.parse(address)?.searchParams;
  const found = CURSORS.flatMap((name) => {
    const value = query?.get(name);
    return value == null ? [] : [[name, value] as const];
  });
  return found.length === 0 ? null : Object.fromEntries(found);
}

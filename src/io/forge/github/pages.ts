// Lists of GitHub, Gitea and Forgejo, read to their end. GitHub names the next page in `Link`, by number or by a cursor; Gitea too, and
// how many rows there are in all in `X-Total-Count`; a list that says neither is whole. Gitea makes its pages no longer than its
// administrator allows, whatever is asked. Of the link only where to go on is taken: it may name a host that is not the forge's.

import type { Client } from './connect.ts';

const PER_PAGE = 100;
/** A forge that never comes to an end. */
const MOST_PAGES = 1000;
const CURSORS = ['page', 'after', 'cursor'] as const;

/**
 * @param path of the list, with its parameters in braces
 * @param query of every page
 * @param rows the list in what a page answers; the answer itself when absent
 */
export async function* pagesOf<Row>(
  client: Client,
  path: string,
  query: Readonly<Record<string, unknown>>,
  rows: (data: never) => readonly Row[] = (data) => data,
): AsyncGenerator<readonly Row[]> {
  let read = 0;
  let place: Readonly<Record<string, string>> = {};
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    // Gitea names the length of a page otherwise.
    const answer = await client.request(path, { ...query, per_page: PER_PAGE, limit: PER_PAGE, ...place });
    const { data, headers } = answer;
    // Gitea has null for none. Anything else is a page in place of the forge, and says nothing of what there is.
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

/** What the next page is asked for with; null where there is none. */
function nextOf(link: string): Record<string, string> | null {
  const [, address = ''] = /<([^>]*)>;\s*rel="next"/.exec(link) ?? [];
  const query = URL.parse(address)?.searchParams;
  const found = CURSORS.flatMap((name) => {
    const value = query?.get(name);
    return value == null ? [] : [[name, value] as const];
  });
  return found.length === 0 ? null : Object.fromEntries(found);
}

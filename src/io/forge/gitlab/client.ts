// The client of GitLab's REST API: `/api/v4`, a token in a separate header, pages by number.

import { type ForgeOptions, TIMEOUT_MS, USER_AGENT } from '../options.ts';
import { openFetch, type ServerClock } from '../redirects.ts';

const GITLAB = 'https://gitlab.com';
const PER_PAGE = 100;
/** Bound against an endless list. */
const MAX_PAGES = 1000;

/** A response other than 2xx, in the shape that `classifyError` reads. */
export class Answered extends Error {
  readonly status: number;
  readonly response: { readonly status: number; readonly headers: Record<string, string>; readonly data: unknown };

  constructor(status: number, headers: Record<string, string>, data: unknown) {
    super(`HTTP ${status}`);
    this.status = status;
    this.response = { status, headers, data };
  }
}

/** Paths are below `/api/v4`. Each method fails with `Answered` for a response other than 2xx. */
export interface Client {
  call(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<unknown>;
  /** A list page by page, to its end. @param perPage where GitLab accepts no larger page */
  pages(path: string, perPage?: number): AsyncGenerator<readonly unknown[]>;
  /** Every row of a list. */
  all(path: string): Promise<unknown[]>;
  /** Undefined for an object that does not exist. */
  maybe(path: string): Promise<unknown>;
}

export function openClient(
  { api, timeoutMs = TIMEOUT_MS }: Pick<ForgeOptions, 'api' | 'timeoutMs'>,
  token: () => string,
  clock: ServerClock,
): Client {
  const base = `${(api ?? GITLAB).replace(/\/+$/, '').replace(/\/api\/v4$/, '')}/api/v4`;
  const send = openFetch(timeoutMs, clock);
  async function request(method: string, path: string, body?: object): Promise<{ data: unknown; headers: Headers }> {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await send(base + path, {
      method,
      headers: { 'private-token': token(), 'user-agent': USER_AGENT, ...json },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const data = parsed(await answer.text());
    if (!answer.ok || data === undefined) throw new Answered(answer.status, Object.fromEntries(answer.headers), data);
    return { data, headers: answer.headers };
  }
  const client: Client = {
    call: async (method, path, body) => (await request(method, path, body)).data,
    async *pages(path, perPage = PER_PAGE) {
      let page = '1';
      for (let count = 0; count < MAX_PAGES; count += 1) {
        const place = `${path}${path.includes('?') ? '&' : '?'}per_page=${perPage}&page=${page}`;
        const { data, headers } = await request('GET', place);
        const rows = data as readonly unknown[];
        yield rows;
        // Empty on the last page. A proxy may remove the header: then a full page is followed by another one.
        const next = headers.get('x-next-page') ?? (rows.length < perPage ? '' : String(count + 2));
        if (next === '') return;
        page = next;
      }
      throw new Error(`the forge has no end of pages of ${path}`);
    },
    async all(path) {
      const found: unknown[] = [];
      for await (const rows of client.pages(path)) found.push(...rows);
      return found;
    },
    async maybe(path) {
      try {
        return await client.call('GET', path);
      } catch (error) {
        if (error instanceof Answered && error.status === 404) return undefined;
        throw error;
      }
    },
  };
  return client;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// The response to a test request; failures are responses like others.

import { type GitHub, once } from '../github/connect.ts';

export interface Answer {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  readonly data: unknown;
}

/** @throws when there is no response */
export async function answerTo(request: () => Promise<unknown>): Promise<Answer> {
  try {
    const { status, headers, data } = (await request()) as Omit<Answer, 'message'>;
    return { status, headers, data, message: '' };
  } catch (error) {
    const { response } = error as { readonly response?: Omit<Answer, 'message'> };
    if (response === undefined) throw error;
    const { message } = (response.data ?? {}) as { readonly message?: unknown };
    return { ...response, message: typeof message === 'string' ? message : '' };
  }
}

/**
 * Sends one request about the repository. @param route such as `GET /repos/{owner}/{repo}`
 */
export function probe({ client, owner, repo }: GitHub, route: string, more: object = {}): Promise<Answer> {
  return answerTo(async () => (await client()).request(route, { owner, repo, ...more, ...once }));
}

/** The response as text. */
export function summarise({ status, message }: Answer): string {
  return `HTTP ${status}${message === '' ? '' : `: ${message}`}`;
}

// Talks to the forge's Git server: which refs it has, and which objects it gives out.

import { explain, HttpStatus } from './errors.ts';
import { type GitResponse, type HttpLimits, send } from './http.ts';
import { type Advertised, type Answer, askFor, NotGiven, readAnswer, readRefs, type Wish } from './upload-pack.ts';

export interface Remote {
  /** Without credentials. */
  readonly url: string;
  /** Branches and tags by full name, with the commit that each points to. Fails with what to do about it. */
  refs(): Promise<RemoteRefs>;
}

export interface RemoteRefs extends Pick<Advertised, 'byName'> {
  /** It can leave out the beginning of a history. */
  readonly shallow: boolean;
  /** It gives out every commit that one of its refs leads to, by its id. */
  readonly byId: boolean;
  /**
   * Asks for objects and hands on the answer, which must be read within `take`.
   *
   * @throws NotGiven when the server refuses
   */
  ask(wish: Wish, take: (answer: Answer) => Promise<void>): Promise<void>;
}

/** What is shown for the right to read; an App's is another every hour, so it is asked for each time. */
export type Token = string | (() => Promise<string>);

/** A list of refs is no longer than this, in bytes. */
const MAX_REFS_BYTES = 64 * 2 ** 20;

/** @throws for an address that is none */
export function openRemote(limits: HttpLimits, options: { readonly url: string; readonly token?: Token }): Remote {
  const { url, token } = withoutCredentials(options.url, options.token);
  const headers = async (): Promise<Record<string, string>> => {
    if (token === undefined) return {};
    return { authorization: basic(typeof token === 'string' ? token : await token()) };
  };

  async function told<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof NotGiven) throw new NotGiven(`${url}: the server does not give it out (${error.message})`);
      throw explain(error, url, token !== undefined);
    }
  }

  async function listed(): Promise<Advertised> {
    const answer = await send(
      { url: `${url}/info/refs?service=git-upload-pack`, method: 'GET', headers: await headers() },
      { ...limits, maxBytes: Math.min(limits.maxBytes, MAX_REFS_BYTES) },
    );
    return reading(answer, async (body) => {
      if (answer.status !== 200) throw new HttpStatus(answer.status);
      return readRefs(body);
    });
  }

  async function asked(wish: Wish, capabilities: ReadonlySet<string>, take: (answer: Answer) => Promise<void>) {
    const answer = await send(
      {
        url: `${url}/git-upload-pack`,
        method: 'POST',
        headers: {
          ...(await headers()),
          'content-type': 'application/x-git-upload-pack-request',
          accept: 'application/x-git-upload-pack-result',
        },
        body: askFor(wish, capabilities),
      },
      limits,
    );
    await reading(answer, async (body) => {
      if (answer.status !== 200) throw new HttpStatus(answer.status);
      await take(await readAnswer(body, capabilities));
    });
  }

  return {
    url,
    refs: () =>
      told(async () => {
        const { byName, capabilities } = await listed();
        if ([...byName.values()].some((id) => id.length === 64)) throw new Error(SHA256);
        return {
          byName,
          shallow: capabilities.has('shallow'),
          byId: capabilities.has('allow-reachable-sha1-in-want'),
          ask: (wish, take) => told(() => asked(wish, capabilities, take)),
        };
      }),
  };
}

/** Ends the connection whatever comes of it. */
async function reading<Value>(
  { body, close }: GitResponse,
  read: (body: AsyncIterable<Uint8Array>) => Promise<Value>,
): Promise<Value> {
  try {
    return await read(body);
  } finally {
    close();
  }
}

const SHA256 =
  'the repository names its objects by SHA-256, and Phoenix reads those of SHA-1 only: keep the configuration in one that was made with git init --object-format=sha1';

export function withoutCredentials(
  address: string,
  token: Token | undefined,
): { url: string; token: Token | undefined } {
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    throw new Error(
      'PHOENIX_REPO_URL must begin with https:// or http://, for example https://github.com/team/config.git',
    );
  }
  const url = new URL(address);
  const inUrl = url.password || url.username;
  url.username = '';
  url.password = '';
  const bare = url.href.replace(/\/+$/, '');
  return { url: bare, token: token ?? (inUrl === '' ? undefined : decodeURIComponent(inUrl)) };
}

/** The forges take any name with a token; this is the one that GitHub asks for. */
function basic(token: string): string {
  return `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
}

// Talks to the forge's Git server for one clone: which refs it has, and bringing their objects here.

import type { GitHttpRequest, GitHttpResponse, HttpClient } from 'isomorphic-git';
import { addRemote, fetch, init, listServerRefs, type PromiseFsClient } from 'isomorphic-git';
import { explain } from './errors.ts';
import { collect, parts } from './http.ts';

export interface Remote {
  /** Without credentials. */
  readonly url: string;
  /** Branches and tags by full name, with the commit that each points to. Fails with what to do about it. */
  refs(): Promise<RemoteRefs>;
  /** An empty bare repository in the folder. */
  prepare(clone: string): Promise<void>;
}

export interface RemoteRefs {
  readonly byName: ReadonlyMap<string, string>;
  /**
   * Brings a ref or a full commit id with its history into the clone. `known` is a local ref whose history need not be
   * sent again. The refs are those listed: nothing is asked for twice.
   */
  bring(clone: string, what: string, known: string): Promise<void>;
}

/** What is shown for the right to read; an App's is another every hour, so it is asked for each time. */
export type Token = string | (() => Promise<string>);

export function openRemote(
  fs: PromiseFsClient,
  http: HttpClient,
  options: { readonly url: string; readonly token?: Token },
): Remote {
  const { url, token } = withoutCredentials(options.url, options.token);
  const headers = async (): Promise<Record<string, string>> => {
    if (token === undefined) return {};
    return { Authorization: basic(typeof token === 'string' ? token : await token()) };
  };

  async function told<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      throw explain(error, url, token !== undefined);
    }
  }

  return {
    url,
    refs: () =>
      told(async () => {
        const once = remember(http);
        const listed = await listServerRefs({
          http: once,
          url,
          headers: await headers(),
          protocolVersion: 1,
          peelTags: true,
        });
        if (listed.some(({ oid }) => oid.length === 64)) throw new Error(SHA256);
        return {
          byName: new Map(listed.map((ref) => [ref.ref, ref.peeled ?? ref.oid])),
          bring: (clone, what, known) =>
            told(async () => {
              const refs = { ref: known, remoteRef: what, singleBranch: true, tags: false };
              await fetch({ fs, http: once, gitdir: clone, url, remote: 'origin', headers: await headers(), ...refs });
            }),
        };
      }),
    async prepare(clone) {
      await init({ fs, gitdir: clone, bare: true });
      await addRemote({ fs, gitdir: clone, remote: 'origin', url });
    },
  };
}

const SHA256 =
  'the repository names its objects by SHA-256, and Phoenix reads those of SHA-1 only: keep the configuration in one that was made with git init --object-format=sha1';

function withoutCredentials(address: string, token: Token | undefined): { url: string; token: Token | undefined } {
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

/** Answers the second request for the list of refs with the first answer, so that looking first costs nothing. */
function remember(http: HttpClient): HttpClient {
  let listed: { readonly answer: GitHttpResponse; readonly body: readonly Uint8Array[] } | undefined;
  return {
    async request(request: GitHttpRequest) {
      if (!request.url.includes('/info/refs?')) return http.request(request);
      if (listed === undefined) {
        const answer = await http.request(request);
        listed = { answer, body: await collect(answer.body ?? []) };
      }
      return { ...listed.answer, body: parts(listed.body) };
    },
  };
}

// Communicates with the forge's Git server: lists its refs and fetches objects.

import { fetch, getRemoteInfo2, type HttpClient } from 'isomorphic-git';
import type { Clone } from '../clone/clone.ts';
import { wholeFiles as fs } from '../clone/files.ts';
import { Damage, explain, isDamage, NotGiven } from '../errors.ts';
import { type Token, withoutCredentials } from './credentials.ts';
import { asyncChunks, type HttpLimits, httpClient } from './http.ts';

export interface Remote {
  /** Without credentials. */
  readonly url: string;
  /** Branches and tags by full name, with their commits. Errors say what to do. */
  refs(): Promise<RemoteRefs>;
}

export interface RemoteRefs {
  /** The object of each ref; for an annotated tag the tagged object. */
  readonly byName: ReadonlyMap<string, string>;
  /** Whether it supports shallow fetches. */
  readonly shallow: boolean;
  /** Whether it serves every commit that is reachable from a ref by id. */
  readonly byId: boolean;
  /** @throws NotGiven when the server refuses, Damage when local or received data is corrupt */
  bring(clone: Pick<Clone, 'gitdir' | 'cache'>, what: Wanted): Promise<void>;
}

/** Names of its branches. */
export function branchesOf({ byName }: Pick<RemoteRefs, 'byName'>): string[] {
  const prefix = 'refs/heads/';
  return [...byName.keys()].filter((ref) => ref.startsWith(prefix)).map((ref) => ref.slice(prefix.length));
}

interface Wanted {
  /** Full id of the wanted commit. */
  readonly want: string;
  /** A local ref: its history, up to where the clone is cut off, is not sent again. */
  readonly known: string;
  /** Number of consecutive commits from the wanted one; null: up to local history. */
  readonly depth: number | null;
}

/** Depth that stands for the whole history in Git's protocol. */
export const WHOLE = 0x7fffffff;

/** @throws for an invalid URL */
export function openRemote(limits: HttpLimits, options: { readonly url: string; readonly token?: Token }): Remote {
  const { url, token } = withoutCredentials(options.url, options.token);
  const http = httpClient(limits);
  const headers = async (): Promise<Record<string, string>> => {
    if (token === undefined) return {};
    return { Authorization: basic(typeof token === 'string' ? token : await token()) };
  };

  async function told<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof NotGiven) throw new NotGiven(`${url}: the server does not give it out (${error.message})`);
      if (error instanceof Damage) throw error;
      throw explain(error, url, token !== undefined);
    }
  }

  async function fetched(
    { gitdir, cache }: Pick<Clone, 'gitdir' | 'cache'>,
    { want, known, depth }: Wanted,
    capabilities: readonly string[],
  ): Promise<void> {
    const what = { url, remote: 'origin', remoteRef: want, ref: known, singleBranch: true, tags: false };
    const far = depth === null ? {} : { depth };
    try {
      const asked = { http: listing(http, want, capabilities), headers: await headers() };
      await fetch({ fs, gitdir, cache: cache(), ...what, ...far, ...asked });
    } catch (error) {
      if (!isDamage(error)) throw error;
      throw new Damage(`${url}: what is here, or what came, cannot be read (${String(error)})`, { cause: error });
    }
  }

  return {
    url,
    refs: () =>
      told(async () => {
        const listed = await getRemoteInfo2({ http, url, headers: await headers(), protocolVersion: 1 });
        const refs = listed.refs ?? [];
        if (refs.some(({ oid }) => oid.length === 64)) throw new Error(SHA256);
        const capabilities = Object.keys(listed.capabilities);
        return {
          byName: new Map(refs.map(({ ref, oid, peeled }) => [ref, peeled ?? oid])),
          shallow: capabilities.includes('shallow'),
          byId: capabilities.includes('allow-reachable-sha1-in-want'),
          bring: (clone, what) => told(() => fetched(clone, what, capabilities)),
        };
      }),
  };
}

/**
 * The library lists the refs at each fetch. They were listed before, and it only needs the server's capabilities: it gets a
 * list with only the wanted commit, so that it writes no refs and does not fail on any of the server's.
 */
function listing(http: HttpClient, want: string, capabilities: readonly string[]): HttpClient {
  return {
    async request(request) {
      if (request.method !== 'GET') return http.request(request);
      const headers = { 'content-type': 'application/x-git-upload-pack-advertisement' };
      const lines = ['# service=git-upload-pack', `${want} HEAD\0${capabilities.join(' ')}`];
      const body = lines.map((line) => Buffer.from(`${(line.length + 4).toString(16).padStart(4, '0')}${line}`));
      return { url: request.url, statusCode: 200, statusMessage: 'OK', headers, body: asyncChunks(body) };
    },
  };
}

const SHA256 =
  'the repository names its objects by SHA-256, and Phoenix reads those of SHA-1 only; keep the configuration in one that was made with git init --object-format=sha1';

/** Forges accept any user name with a token; GitHub documents this one. */
function basic(token: string): string {
  return `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
}

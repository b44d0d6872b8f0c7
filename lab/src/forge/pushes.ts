// Git over HTTP with what a push brings about: events, and pull requests that follow their branches.

import type { Request, Response } from 'express';
import type { PushedRef } from './events.ts';
import { serveGit } from './git/http.ts';
import { botOf } from './github/shapes.ts';
import { type Login, loginOf } from './login.ts';
import { type Parts, TOKEN_OWNER } from './parts.ts';
import { branchRef } from './pulls.ts';
import { changedRefs, pushedRefs, ZEROS } from './pushed-refs.ts';

/** Names that stand for no person beside a token. */
const NOBODY = new Set(['', 'token', 'oauth2', 'x-access-token']);

/** @param fork owner of the fork that is served; null for the repository itself */
export function gitRoute(parts: Parts, fork: string | null) {
  return async (request: Request, response: Response): Promise<void> => {
    const login = loginOf(request);
    const pusher = login === undefined ? undefined : pusherOf(parts, login);
    if (pusher === undefined) {
      response.status(401).set('WWW-Authenticate', 'Basic realm="lab forge"').end();
      return;
    }
    const { folder } = parts.bare;
    const call = { folder, path: request.path, user: pusher.login, namespace: fork };
    const isPush = request.path === '/git-receive-pack' || request.query['service'] === 'git-receive-pack';
    if (isPush && !pusher.mayPush) {
      response.status(403).type('text').send('Write access to repository not granted.');
    } else if (request.method === 'POST' && request.path === '/git-receive-pack') {
      await parts.oneByOne(() => asPush(parts, pusher.login, () => serveGit(request, response, call)));
    } else await serveGit(request, response, call);
  };
}

interface Pusher {
  readonly login: string;
  readonly mayPush: boolean;
}

/** Whoever has the token is who they say; an App's token pushes as far as contents are open to it. */
function pusherOf({ token, apps }: Parts, { user, password }: Login): Pusher | undefined {
  if (password === token) return { login: NOBODY.has(user) ? TOKEN_OWNER : user, mayPush: true };
  const grant = apps.grantOf(password);
  const contents = grant?.permissions['contents'];
  if (grant === undefined || contents === undefined) return undefined;
  return { login: botOf(grant.app), mayPush: contents === 'write' };
}

/** Tells what the work does to branches and tags, and lets pull requests follow. It is one of those that go one by one. */
export async function asPush(parts: Parts, by: string, work: () => Promise<void>): Promise<void> {
  const before = await parts.bare.refs();
  await work();
  const after = await parts.bare.refs();
  for (const change of pushedRefs(before, after)) {
    parts.pushes.push({ ...change, by, at: new Date() });
    parts.tell({ kind: 'push', change, by });
    requestSuites(parts, change, by);
  }
  await followPulls(parts, changedRefs(before, after), by);
}

/** Every App that writes checks is asked for them when a branch moves. */
function requestSuites({ apps, tell }: Parts, { ref, after: sha }: PushedRef, by: string): void {
  if (sha === ZEROS || !ref.startsWith('refs/heads/')) return;
  for (const { id, permissions } of apps.installed()) {
    if (permissions['checks'] === 'write') tell({ kind: 'suite', action: 'requested', sha, app: id, by });
  }
}

/** A pull request follows its head, ends with it, and is merged when the base has come to contain it. */
async function followPulls(parts: Parts, changes: readonly PushedRef[], by: string): Promise<void> {
  const { pulls, bare, place } = parts;
  const changed = new Map(changes.map((change) => [change.ref, change]));
  for (const pull of pulls.all().filter(({ state }) => state === 'open')) {
    const { branch, owner } = pull.head;
    const head = changed.get(branchRef(branch, owner === place.owner ? null : owner));
    const base = changed.get(branchRef(pull.base.branch, null));
    if (
      base !== undefined &&
      base.after !== ZEROS &&
      (await bare.isAncestor(head?.after ?? pull.head.sha, base.after))
    ) {
      parts.tell({ kind: 'pull', action: 'closed', pull: pulls.settle(pull, base.after, by), by });
    } else if (head?.after === ZEROS || base?.after === ZEROS) {
      const closed = await pulls.change(pull, { state: 'closed' });
      if (!('refused' in closed)) parts.tell({ kind: 'pull', action: 'closed', pull: closed, by });
    } else if (head !== undefined || base !== undefined) {
      const now = await pulls.follow(pull);
      if (head !== undefined) parts.tell({ kind: 'pull', action: 'updated', pull: now, before: pull, by });
    }
  }
}

// Git over HTTP, and the effects of a push: events, and pull requests that follow their branches.

import type { Request, Response } from 'express';
import { serveGit } from './git/http.ts';
import { botOf } from './github/shapes.ts';
import { type Login, loginOf } from './login.ts';
import { type Parts, TOKEN_OWNER } from './parts.ts';
import { branchRef } from './pulls.ts';
import { changedRefs, type PushedRef, pushedRefs, ZEROS } from './pushed-refs.ts';

/** User names beside a token that do not identify a user. */
const NOBODY = new Set(['', 'token', 'oauth2', 'x-access-token']);

/** @param fork owner of the requested fork; null for the repository itself */
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
      await parts.serialise(() => asPush(parts, pusher.login, () => serveGit(request, response, call)));
    } else await serveGit(request, response, call);
  };
}

interface Pusher {
  readonly login: string;
  readonly mayPush: boolean;
}

/** The given user name is trusted for the forge's token; an App's token may push if it has write access to contents. */
function pusherOf({ token, apps }: Parts, { user, password }: Login): Pusher | undefined {
  if (password === token) return { login: NOBODY.has(user) ? TOKEN_OWNER : user, mayPush: true };
  const grant = apps.grantOf(password);
  const contents = grant?.permissions['contents'];
  if (grant === undefined || contents === undefined) return undefined;
  return { login: botOf(grant.app), mayPush: contents === 'write' };
}

/** Sends events for the branches and tags that the work moves, and updates pull requests. Serialised with other such work. */
export async function asPush(parts: Parts, by: string, work: () => Promise<void>): Promise<void> {
  const before = await parts.bare.refs();
  await work();
  const after = await parts.bare.refs();
  for (const change of pushedRefs(before, after)) {
    parts.pushes.push({ ...change, by, at: new Date() });
    parts.emit({ kind: 'push', change, by });
    requestSuites(parts, change, by);
  }
  await followPulls(parts, changedRefs(before, after), by);
}

/** Requests a check suite from every App that writes checks when a branch moves. */
function requestSuites({ apps, emit }: Parts, { ref, after: sha }: PushedRef, by: string): void {
  if (sha === ZEROS || !ref.startsWith('refs/heads/')) return;
  for (const { id, permissions } of apps.installed()) {
    if (permissions['checks'] === 'write') emit({ kind: 'suite', action: 'requested', sha, app: id, by });
  }
}

/** A pull request follows its head, is closed with it, and is merged once its base contains it. */
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
      parts.emit({ kind: 'pull', action: 'closed', pull: pulls.settle(pull, base.after, by), by });
    } else if (head?.after === ZEROS || base?.after === ZEROS) {
      const closed = await pulls.change(pull, { state: 'closed' });
      if (!('refused' in closed)) parts.emit({ kind: 'pull', action: 'closed', pull: closed, by });
    } else if (head !== undefined || base !== undefined) {
      const now = await pulls.follow(pull);
      if (head !== undefined) parts.emit({ kind: 'pull', action: 'updated', pull: now, before: pull, by });
    }
  }
}

// Commit statuses as GitLab takes them: each is a job of a pipeline, and a job that has begun cannot begin again. Rules from
// GitLab's `POST /projects/:id/statuses/:sha`: an unfinished job of the same name is moved on, a finished one is followed by a
// new one, and the commit must be on a branch.

import type { Response, Router } from 'express';
import { type Parts, TOKEN_OWNER } from '../parts.ts';
import type { LabStatus } from '../statuses.ts';
import { complain, malformed, notFound, pageOf } from './answers.ts';
import { userShape } from './shapes.ts';

const LONGEST = 255;
const UNFINISHED = ['pending', 'running'];

/** The event that leads to each state, and the states from which it may come; none stands for a new job. */
const TRANSITIONS: Readonly<
  Record<string, { readonly event: string; readonly from: readonly (string | undefined)[] }>
> = {
  pending: { event: 'enqueue', from: [undefined] },
  running: { event: 'run', from: [undefined, 'pending'] },
  success: { event: 'success', from: [undefined, 'pending', 'running'] },
  failed: { event: 'drop', from: [undefined, 'pending', 'running'] },
  canceled: { event: 'cancel', from: [undefined, 'pending', 'running'] },
  skipped: { event: 'skip', from: [undefined, 'pending'] },
};

export function statusRoutes(routes: Router, parts: Parts): void {
  const { bare, statuses } = parts;
  routes.post('/statuses/:sha', async (request, response) => {
    const { state, name, context, description = null, target_url = null } = { ...request.query, ...request.body };
    if (state === undefined) return malformed(response, 'state is missing');
    const transition = TRANSITIONS[state];
    if (transition === undefined) return malformed(response, 'state does not have a valid value');
    const sha = await commitOf(parts, response, request.params['sha'] ?? '');
    if (sha === undefined) return;
    const branches = await bare.git('branch', '--format=%(refname:short)', '--contains', sha);
    const ref = branches.split('\n')[0] ?? '';
    if (ref === '') return notFound(response, 'References for commit');
    if (!fits(response, description, target_url)) return;
    const called = String(name ?? context ?? 'default');
    const known = statuses.latest(sha).find((status) => status.context === called);
    const unfinished = known !== undefined && UNFINISHED.includes(known.state) ? known : undefined;
    if (!transition.from.includes(unfinished?.state)) {
      const why = `(Reason(s): Status cannot transition via "${transition.event}")`;
      return complain(
        response,
        400,
        `Cannot transition status via :${transition.event} from :${unfinished?.state} ${why}`,
      );
    }
    const given = { sha, creator: TOKEN_OWNER, state, context: called };
    const kept = {
      description: description ?? unfinished?.description ?? null,
      target_url: target_url ?? unfinished?.target_url ?? null,
    };
    response.status(201).json(statusShape(parts, statuses.add({ ...given, ...kept }, unfinished), ref));
  });
  routes.get('/repository/commits/:sha/statuses', async (request, response) => {
    const sha = await commitOf(parts, response, request.params['sha'] ?? '');
    if (sha === undefined) return;
    const { all, name } = request.query;
    const found = all === 'true' ? newestOfEach(statuses.of(sha)) : statuses.latest(sha);
    const named = found.filter(({ context }) => name === undefined || context === name);
    response.json(pageOf(request, response, named).map((status) => statusShape(parts, status, 'main')));
  });
}

async function commitOf({ bare }: Parts, response: Response, asked: string): Promise<string | undefined> {
  const sha = await bare.commit(asked);
  if (sha === undefined) notFound(response, 'Commit');
  return sha;
}

function fits(response: Response, description: unknown, target: unknown): boolean {
  const long = (value: unknown) => typeof value === 'string' && [...value].length > LONGEST;
  const tooLong = [`is too long (maximum is ${LONGEST} characters)`];
  if (long(description)) complain(response, 400, { description: tooLong });
  else if (long(target)) complain(response, 400, { target_url: tooLong });
  else if (typeof target === 'string' && !/^https?:\/\//.test(target)) {
    complain(response, 400, { target_url: ['is blocked: Only allowed schemes are http, https'] });
  } else return true;
  return false;
}

/** @param statuses newest first, with every state that a job has had */
function newestOfEach(statuses: readonly LabStatus[]): LabStatus[] {
  return [...new Map(statuses.toReversed().map((status) => [status.id, status])).values()];
}

function statusShape(parts: Parts, status: LabStatus, ref: string) {
  const hasEnded = !UNFINISHED.includes(status.state);
  return {
    id: status.id,
    sha: status.sha,
    ref,
    status: status.state,
    name: status.context,
    target_url: status.target_url,
    description: status.description,
    created_at: status.created_at,
    started_at: status.state === 'pending' ? null : status.updated_at,
    finished_at: hasEnded ? status.updated_at : null,
    allow_failure: false,
    coverage: null,
    pipeline_id: 1,
    author: userShape(parts, status.creator),
  };
}

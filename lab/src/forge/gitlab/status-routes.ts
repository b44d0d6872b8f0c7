// Commit status API of GitLab: each status is a job of a pipeline, and a running job cannot start again. From GitLab's source
// (app/services/ci/create_commit_status_service.rb at gitlabhq 0286e4c628d6, app/services/ci/pipelines/add_job_service.rb at 41946e65501d,
// app/models/commit_status.rb, app/models/generic_commit_status.rb, app/policies/ci/pipeline_policy.rb): a status is added to the newest pipeline of
// the commit, or to the named one, or to a new one if there is none; its ref is the given one, else that of the pipeline, else the first branch that
// contains the commit; on a protected branch the user must be allowed to push or merge; an unfinished job of the same name and user in that pipeline
// changes its state, a finished one is followed by a new job; a refused change leaves nothing behind.

import type { Response, Router } from 'express';
import { type LabPipeline, type Parts, TOKEN_OWNER } from '../parts.ts';
import type { LabStatus } from '../statuses.ts';
import { complain, malformed, notFound, pageOf } from './answers.ts';
import { levelOf, userShape } from './shapes.ts';

const MAX_LENGTH = 255;
const UNFINISHED = ['pending', 'running'];

/** The event that leads to each state, and the states from which it is allowed; `none` is a new job. */
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

/** The parameters of a new status, in the query or the body. */
interface Asked {
  readonly state?: string;
  readonly name?: string;
  readonly context?: string;
  readonly description?: string | null;
  readonly target_url?: string | null;
  readonly ref?: string;
  readonly pipeline_id?: number | string;
}

export function statusRoutes(routes: Router, parts: Parts): void {
  routes.post('/statuses/:sha', async (request, response) => {
    const asked: Asked = { ...request.query, ...request.body };
    const transition = transitionOf(response, asked.state);
    if (transition === undefined) return;
    const sha = await commitOf(parts, response, request.params['sha'] ?? '');
    if (sha === undefined) return;
    const pipeline = await pipelineOf(parts, response, sha, asked);
    if (pipeline === undefined) return;
    addStatus(parts, response, pipeline, asked, transition);
  });
  routes.get('/repository/commits/:sha/statuses', async (request, response) => {
    const sha = await commitOf(parts, response, request.params['sha'] ?? '');
    if (sha === undefined) return;
    const { all, name } = request.query;
    const jobs = newestOfEach(parts.statuses.of(sha));
    const found = all === 'true' ? jobs : latestOfEach(jobs);
    const named = found.filter(({ context }) => name === undefined || context === name);
    const of = (id: number | undefined) => parts.pipelines.find((each) => each.id === id);
    response.json(pageOf(request, response, named).map((status) => statusShape(parts, status, of(status.pipeline))));
  });
}

interface Transition {
  readonly to: string;
  readonly event: string;
  readonly from: readonly (string | undefined)[];
}

/** Undefined once it has refused. */
function transitionOf(response: Response, state: string | undefined): Transition | undefined {
  const transition = state === undefined ? undefined : TRANSITIONS[state];
  if (state !== undefined && transition !== undefined) return { to: state, ...transition };
  malformed(response, state === undefined ? 'state is missing' : 'state does not have a valid value');
  return undefined;
}

/** The pipeline that a status is added to, made if there is none; undefined once it has refused. */
async function pipelineOf(
  parts: Parts,
  response: Response,
  sha: string,
  asked: Asked,
): Promise<LabPipeline | undefined> {
  const { pipelines } = parts;
  const known = pipelines.findLast((each) => isMeant(each, sha, asked));
  const ref = asked.ref ?? known?.ref ?? (await firstBranch(parts, sha));
  if (ref === '') notFound(response, 'References for commit');
  else if (asked.pipeline_id !== undefined && known === undefined)
    notFound(response, 'Pipeline for pipeline_id, sha and ref');
  else if (!mayUpdate(parts, ref)) complain(response, 403, '403 Forbidden');
  else {
    const pipeline: LabPipeline = known ?? { id: pipelines.length + 1, sha, ref, jobs: [] };
    if (known === undefined) pipelines.push(pipeline);
    return pipeline;
  }
  return undefined;
}

function addStatus(
  parts: Parts,
  response: Response,
  pipeline: LabPipeline,
  { name, context, description = null, target_url = null }: Asked,
  { to, event, from }: Transition,
): void {
  const { statuses } = parts;
  const called = String(name ?? context ?? 'default');
  if (pipeline.jobs.includes(called)) return void complain(response, 400, { name: ['has already been taken'] });
  if (!fits(response, { description, target_url, ref: pipeline.ref })) return;
  const last = statuses.of(pipeline.sha).find((each) => each.context === called && each.pipeline === pipeline.id);
  const unfinished = last !== undefined && UNFINISHED.includes(last.state) ? last : undefined;
  if (!from.includes(unfinished?.state)) {
    const why = `(Reason(s): Status cannot transition via "${event}")`;
    return void complain(response, 400, `Cannot transition status via :${event} from :${unfinished?.state} ${why}`);
  }
  const given = { sha: pipeline.sha, creator: TOKEN_OWNER, state: to, context: called, pipeline: pipeline.id };
  const kept = {
    description: description ?? unfinished?.description ?? null,
    target_url: target_url ?? unfinished?.target_url ?? null,
  };
  response.status(201).json(statusShape(parts, statuses.add({ ...given, ...kept }, unfinished), pipeline));
}

/** The first branch of the repository itself, not of its forks, that contains the commit. */
async function firstBranch({ bare }: Parts, sha: string): Promise<string> {
  return (await bare.git('branch', '--format=%(refname:short)', '--contains', sha)).split('\n')[0] ?? '';
}

function isMeant(
  { id, sha, ref }: LabPipeline,
  revision: string,
  where: { readonly ref?: string; readonly pipeline_id?: number | string },
): boolean {
  return sha === revision && (where.ref ?? ref) === ref && Number(where.pipeline_id ?? id) === id;
}

/** `can_update_branch?`: by the access levels of the branch's protection, if it is protected. */
function mayUpdate({ protectedBranches, people }: Parts, ref: string): boolean {
  const level = levelOf(people.findOrAdd(TOKEN_OWNER).right);
  const rule = protectedBranches.find(({ name }) => name === ref);
  const levels = rule === undefined ? [] : [...rule.push_access_levels, ...rule.merge_access_levels];
  const least = levels.flatMap(({ access_level }) => access_level || []);
  return rule === undefined || least.some((each) => level >= each);
}

async function commitOf({ bare }: Parts, response: Response, revision: string): Promise<string | undefined> {
  const sha = await bare.commit(revision);
  if (sha === undefined) notFound(response, 'Commit');
  return sha;
}

function fits(response: Response, fields: Readonly<Record<string, unknown>>): boolean {
  const { target_url: target } = fields;
  for (const [field, value] of Object.entries(fields)) {
    if (typeof value !== 'string' || [...value].length <= MAX_LENGTH) continue;
    complain(response, 400, { [field]: [`is too long (maximum is ${MAX_LENGTH} characters)`] });
    return false;
  }
  if (typeof target !== 'string' || /^https?:\/\//.test(target)) return true;
  complain(response, 400, { target_url: ['is blocked: Only allowed schemes are http, https'] });
  return false;
}

/** @param statuses newest first, including earlier states of the same job */
function newestOfEach(statuses: readonly LabStatus[]): LabStatus[] {
  return [...new Map(statuses.toReversed().map((status) => [status.id, status])).values()];
}

/** The last job per name in a pipeline; earlier ones count as retried. */
function latestOfEach(jobs: readonly LabStatus[]): LabStatus[] {
  return [...new Map(jobs.map((job) => [`${job.pipeline} ${job.context}`, job])).values()];
}

function statusShape(parts: Parts, status: LabStatus, pipeline: LabPipeline | undefined) {
  const hasEnded = !UNFINISHED.includes(status.state);
  return {
    id: status.id,
    sha: status.sha,
    ref: pipeline?.ref ?? null,
    status: status.state,
    name: status.context,
    target_url: status.target_url,
    description: status.description,
    created_at: status.created_at,
    started_at: status.state === 'pending' ? null : status.updated_at,
    finished_at: hasEnded ? status.updated_at : null,
    allow_failure: false,
    coverage: null,
    pipeline_id: status.pipeline ?? null,
    author: userShape(parts, status.creator),
  };
}

// Commit statuses at GitLab, where each is a job of a pipeline: of the commit's newest one, or one that the status creates. From GitLab's source:
// `Ci::CreateCommitStatusService` (gitlabhq 0286e4c628d6), `Ci::Pipelines::AddJobService` (41946e65501d), `CommitStatus`, `GenericCommitStatus` and
// `Ci::PipelinePolicy`.

import type { CommitStatus, StatusState } from '../../../model/report.ts';
import { Answered, type Client } from './client.ts';

const STATES: Record<StatusState, string> = {
  pending: 'pending',
  success: 'success',
  failure: 'failed',
  error: 'canceled',
};

/** On a protected branch, a status needs the right to change the branch; elsewhere the role Developer. */
export const STATUS_RIGHT = 'api, in a role that may push to or merge into the branch';

/** GitLab refuses longer URLs. */
const MAX_ADDRESS_LENGTH = 255;

interface Place {
  readonly client: Client;
  /** API path of the project. */
  readonly project: string;
  /** The followed branch. */
  readonly branch: string;
}

interface Taken {
  readonly pipeline_id?: number | null;
}

/**
 * @param handle handle of the previous status in the same context
 * @returns the pipeline of the status, and whether it is still open there
 */
export async function setStatus(place: Place, status: CommitStatus, handle: string | null): Promise<string | null> {
  const before = readHandle(handle);
  const taken = await send(place, status, {});
  const pipeline = taken?.pipeline_id ?? before?.pipeline ?? null;
  // A pipeline created meanwhile has the new status; the pending one in the previous pipeline would wait forever.
  if (before?.open === true && pipeline !== before.pipeline) {
    const end: StatusState = status.state === 'pending' ? 'error' : status.state;
    await send(place, { ...status, state: end }, { pipeline_id: before.pipeline }).catch((error) => {
      if (!(error instanceof Answered) || error.status !== 404) throw error;
    });
  }
  return pipeline === null ? null : `${pipeline} ${status.state === 'pending' ? 'open' : 'ended'}`;
}

/**
 * Undefined where the status is already so. @param where the pipeline, where GitLab is not to choose
 */
async function send(
  { client, project, branch }: Place,
  { commit, context, state, description, url, about }: CommitStatus,
  where: { readonly pipeline_id?: number },
): Promise<Taken | undefined> {
  const target = addressOf(url);
  const body = { name: context, description, ...(target === null ? {} : { target_url: target }), ...where };
  const post = (more: object) => client.call('POST', `${project}/statuses/${commit}`, { ...body, ...more });
  const asked = { state: STATES[state] };
  try {
    return await moveOn(post, asked);
  } catch (error) {
    if (!isWithoutRef(error)) throw error;
    // No branch contains the commit, as for a fork's head or after a force push.
    const ref = about?.kind === 'pull' ? `refs/merge-requests/${about.pull}/head` : branch;
    return moveOn(post, { ...asked, ref });
  }
}

/** A pending status cannot be set pending again, but can start with a new description; a running one keeps its description. */
async function moveOn(post: (body: object) => Promise<unknown>, asked: object): Promise<Taken | undefined> {
  for (const body of [asked, { ...asked, state: 'running' }]) {
    try {
      return (await post(body)) as Taken;
    } catch (error) {
      if (!isWaiting(error)) throw error;
    }
  }
  return undefined;
}

function isWaiting(error: unknown): boolean {
  return isErrorWith(error, 400, /cannot transition status via :(enqueue|run) from :(pending|running)/i);
}

function isWithoutRef(error: unknown): boolean {
  return isErrorWith(error, 404, /references for commit/i);
}

function isErrorWith(error: unknown, status: number, words: RegExp): boolean {
  return error instanceof Answered && error.status === status && words.test(JSON.stringify(error.response.data ?? ''));
}

/** The URL, or that of the run if a step's is too long; null where neither fits. */
function addressOf(url: string | null): string | null {
  if (url === null || url.length <= MAX_ADDRESS_LENGTH) return url;
  const [run = null] = /^.*?\/runs\/\d+/.exec(url) ?? [];
  return run !== null && run.length <= MAX_ADDRESS_LENGTH ? run : null;
}

function readHandle(handle: string | null): { readonly pipeline: number; readonly open: boolean } | null {
  const [, pipeline, state] = /^(\d+) (open|ended)$/.exec(handle ?? '') ?? [];
  return pipeline === undefined ? null : { pipeline: Number(pipeline), open: state === 'open' };
}

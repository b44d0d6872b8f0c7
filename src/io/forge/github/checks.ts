// Check runs, which only an App can write. They show Markdown, annotate lines and have buttons. From GitHub's description of its Checks API: a
// summary of at most 65,535 characters, 50 annotations a request, which are added to those that the check run has, buttons only on completed check
// runs, and a completed one is restarted by a new one of the same name.

import { fitText } from '../../../model/failure.ts';
import type { Annotation, Button, CommitStatus, Details, Subject } from '../../../model/report.ts';
import type { SendResult } from '../../../ports/forge.ts';
import { notSent } from '../not-sent.ts';
import { truncateMarkdown } from '../truncate-markdown.ts';
import { type Client, type GitHub, once, probesOf } from './connect.ts';
import { idOfWritten } from './written-id.ts';

const MAX_SUMMARY = 65_000;
/** GitHub requires a summary. The sentence itself is in the title, which is not Markdown. */
const NO_SUMMARY = 'Its title says all.';
/** Maximum length of an annotation; GitHub's limit is 64 KB. The remedy is at its end. */
const MAX_MESSAGE_LENGTH = 16_000;
const ANNOTATIONS_AT_ONCE = 50;
/** More than this is not useful to readers. */
const MAX_ANNOTATIONS = 500;

const BUTTONS = {
  approve: { label: 'Approve', description: 'Let what waits here go ahead', identifier: 'approve' },
  replay: { label: 'Replay', description: 'Look again and do what is missing', identifier: 'replay' },
} as const satisfies Record<Button, object>;

type Conclusion = 'success' | 'failure' | 'cancelled' | 'action_required';

/** `plain`: completed without annotations; `annotated`: with some, none of which can be removed. */
type CheckState = 'open' | 'plain' | 'annotated';

/** Identifies the check run at the forge. */
type Handle = { readonly id: number; readonly state: CheckState };

export async function setCheck(
  github: GitHub,
  status: CommitStatus,
  details: Details | null,
  handle: string | null,
): Promise<SendResult> {
  const { owner, repo } = github;
  const attempt = {
    what: `the check of ${status.commit.slice(0, 12)}`,
    right: 'Checks: read and write',
    as: 'app',
    now: new Date(),
  } as const;
  try {
    const client = await github.client();
    const ended = status.state !== 'pending';
    // Only at the end: each request adds its annotations to those that the check run has.
    const annotations = ended ? (details?.annotations ?? []).slice(0, MAX_ANNOTATIONS) : [];
    const place = { owner, repo, ...once };
    const body = bodyOf(status, details, annotations.slice(0, ANNOTATIONS_AT_ONCE));
    const known = readHandle(handle);
    const isFree =
      known !== null && mayChange(known, ended) && !(await hasThem(client, { owner, repo }, known, annotations));
    const reused = isFree ? await change(client, place, known.id, body) : null;
    const post = () =>
      client.request('POST /repos/{owner}/{repo}/check-runs', { ...place, ...body, head_sha: status.commit });
    const id = reused ?? idOfWritten(await post());
    for (let from = ANNOTATIONS_AT_ONCE; from < annotations.length; from += ANNOTATIONS_AT_ONCE) {
      const more = { ...body.output, annotations: annotations.slice(from, from + ANNOTATIONS_AT_ONCE).map(annotation) };
      await client.request('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', {
        ...place,
        check_run_id: id,
        output: more,
      });
    }
    const state: CheckState = !ended ? 'open' : annotations.length === 0 ? 'plain' : 'annotated';
    return { sent: true, handle: `${id} ${state}` };
  } catch (error) {
    // Needs no other right than checks.
    const path = 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs';
    return notSent(error, attempt, probesOf(github, path, { ref: status.commit, per_page: 1 }));
  }
}

/** Whether a check run becomes the next state, instead of being followed by a new one. */
function mayChange({ state }: Handle, ended: boolean): boolean {
  return state === 'open' || (state === 'plain' && ended);
}

/** Whether an earlier attempt has brought annotations, and failed later or was not answered: its handle was not kept. */
async function hasThem(
  client: Client,
  place: { readonly owner: string; readonly repo: string },
  { id }: Handle,
  annotations: readonly Annotation[],
): Promise<boolean> {
  if (annotations.length === 0) return false;
  try {
    const path = 'GET /repos/{owner}/{repo}/check-runs/{check_run_id}';
    const { data } = await client.request(path, { ...place, check_run_id: id });
    return data.output.annotations_count > 0;
  } catch (error) {
    // `change` finds that too.
    if ((error as { readonly status?: number }).status === 404) return false;
    throw error;
  }
}

type Body = ReturnType<typeof bodyOf>;

/** Null when it no longer exists. */
async function change(
  client: Client,
  place: { readonly owner: string; readonly repo: string },
  id: number,
  body: Body,
): Promise<number | null> {
  try {
    const path = 'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}';
    return idOfWritten(await client.request(path, { ...place, ...body, check_run_id: id }));
  } catch (error) {
    if ((error as { readonly status?: number }).status === 404) return null;
    throw error;
  }
}

function bodyOf(status: CommitStatus, details: Details | null, annotations: readonly Annotation[]) {
  const { context, state, description, url, about } = status;
  const ended = state !== 'pending';
  return {
    name: context,
    ...(ended
      ? { status: 'completed' as const, conclusion: conclusionOf(status, details) }
      : { status: 'in_progress' as const }),
    ...(url === null ? {} : { details_url: url }),
    ...(about === null ? {} : { external_id: subjectText(about) }),
    output: {
      title: description,
      summary: truncateMarkdown(details?.summary || NO_SUMMARY, MAX_SUMMARY, url),
      ...(annotations.length === 0 ? {} : { annotations: annotations.map(annotation) }),
    },
    ...(ended ? { actions: (details?.buttons ?? []).map((button) => BUTTONS[button]) } : {}),
  };
}

function conclusionOf({ state }: CommitStatus, details: Details | null): Conclusion {
  if (state === 'success') return 'success';
  if (state === 'error') return 'cancelled';
  return details?.buttons.includes('approve') === true ? 'action_required' : 'failure';
}

function annotation({ path, line, level, title, message }: Annotation) {
  return {
    path,
    start_line: line,
    end_line: line,
    annotation_level: level,
    title: title.slice(0, 255),
    message: message.length <= MAX_MESSAGE_LENGTH ? message : fitText(message, MAX_MESSAGE_LENGTH),
  };
}

/** `run/12`, `run/12/lxc/105`, `pull/3` or `queue/3`. */
function subjectText(about: Subject): string {
  if (about.kind !== 'run') return `${about.kind}/${about.pull}`;
  return `run/${about.run}${about.target === null ? '' : `/${about.target}`}`;
}

/** `ended` was written by earlier versions, which did not record whether there are annotations. */
function readHandle(text: string | null): Handle | null {
  const [, id, state] = /^(\d+) (ended|open|plain|annotated)$/.exec(text ?? '') ?? [];
  return id === undefined
    ? null
    : { id: Number(id), state: state === 'open' || state === 'plain' ? state : 'annotated' };
}

// Check runs as GitHub keeps them, with its limits. Rules from GitHub's description of its Checks API: a run needs a name and
// a commit, an output a title and a summary of at most 65,535 characters, 50 annotations a request which are added to those
// before, three buttons with short words, and a conclusion exactly when it is completed.

import type { Refusal } from './refusal.ts';
import { refuse } from './refusal.ts';

interface LabAnnotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly annotation_level: string;
  readonly message: string;
  readonly title?: string;
}

export interface LabCheck {
  readonly id: number;
  readonly name: string;
  readonly head_sha: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly details_url: string | null;
  readonly external_id: string;
  readonly title: string | null;
  readonly summary: string | null;
  readonly annotations: readonly LabAnnotation[];
  readonly actions: readonly { readonly label: string; readonly description: string; readonly identifier: string }[];
  readonly started_at: string;
  readonly completed_at: string | null;
}

export interface CheckBook {
  /** `sha` is known to the repository. */
  create(sha: string, request: Request, now: Date): LabCheck | Refusal;
  change(id: number, request: Request, now: Date): LabCheck | Refusal | undefined;
  get(id: number): LabCheck | undefined;
  /** The newest of each name, in the order in which they first came. */
  latest(sha: string): readonly LabCheck[];
  all(): readonly LabCheck[];
}

type Request = Record<string, unknown>;

const STATUSES = ['queued', 'in_progress', 'completed'];
/** `stale` is GitHub's own to give. */
const CONCLUSIONS = ['action_required', 'cancelled', 'failure', 'neutral', 'success', 'skipped', 'timed_out'];
const LEVELS = ['notice', 'warning', 'failure'];
const LONGEST_TEXT = 65_535;
const MOST_ANNOTATIONS = 50;
const MOST_ACTIONS = 3;

export function openCheckBook(): CheckBook {
  const checks = new Map<number, LabCheck>();
  return {
    create(sha, request, now) {
      const wrong = check(request) ?? (text(request['name']) === '' ? refuse('name', 'is missing') : undefined);
      if (wrong !== undefined) return wrong;
      const empty: LabCheck = {
        id: 1000 + checks.size,
        name: text(request['name']),
        head_sha: sha,
        status: 'queued',
        conclusion: null,
        details_url: null,
        external_id: '',
        title: null,
        summary: null,
        annotations: [],
        actions: [],
        started_at: now.toISOString(),
        completed_at: null,
      };
      const made = changed(empty, request, now);
      checks.set(made.id, made);
      return made;
    },
    change(id, request, now) {
      const known = checks.get(id);
      if (known === undefined) return undefined;
      const wrong = check(request);
      if (wrong !== undefined) return wrong;
      const made = changed(known, request, now);
      checks.set(id, made);
      return made;
    },
    get: (id) => checks.get(id),
    latest(sha) {
      const newest = new Map<string, LabCheck>();
      for (const each of checks.values()) if (each.head_sha === sha) newest.set(each.name, each);
      return [...newest.values()];
    },
    all: () => [...checks.values()],
  };
}

function changed(known: LabCheck, request: Request, now: Date): LabCheck {
  const output = request['output'] as Request | undefined;
  const conclusion = request['conclusion'] as string | undefined;
  const status = conclusion === undefined ? ((request['status'] as string | undefined) ?? known.status) : 'completed';
  const added = (output?.['annotations'] ?? []) as readonly LabAnnotation[];
  return {
    ...known,
    name: text(request['name']) || known.name,
    status,
    conclusion: status === 'completed' ? (conclusion ?? known.conclusion) : null,
    details_url: (request['details_url'] as string | undefined) ?? known.details_url,
    external_id: (request['external_id'] as string | undefined) ?? known.external_id,
    title: (output?.['title'] as string | undefined) ?? known.title,
    summary: (output?.['summary'] as string | undefined) ?? known.summary,
    annotations: [...known.annotations, ...added],
    actions: (request['actions'] as LabCheck['actions'] | undefined) ?? known.actions,
    completed_at: status === 'completed' ? now.toISOString() : null,
  };
}

function check(request: Request): Refusal | undefined {
  const { status, conclusion, output, actions, details_url: url } = request;
  if (status !== undefined && !STATUSES.includes(text(status))) return refuse('status', 'is not a status');
  if (conclusion !== undefined && !CONCLUSIONS.includes(text(conclusion))) {
    return refuse('conclusion', 'is not a conclusion');
  }
  if (status === 'completed' && conclusion === undefined) return refuse('conclusion', 'is missing');
  if (status !== undefined && status !== 'completed' && conclusion !== undefined) {
    return refuse('status', 'must be completed with a conclusion');
  }
  if (url !== undefined && !/^https?:\/\//.test(text(url))) return refuse('details_url', 'must use http(s)');
  return checkOutput(output as Request | undefined) ?? checkActions(actions);
}

function checkOutput(output: Request | undefined): Refusal | undefined {
  if (output === undefined) return undefined;
  if (text(output['title']) === '' || text(output['summary']) === '')
    return refuse('output', 'needs a title and a summary');
  for (const field of ['summary', 'text']) {
    if (text(output[field]).length > LONGEST_TEXT)
      return refuse(field, `is too long (maximum is ${LONGEST_TEXT} characters)`);
  }
  const annotations = (output['annotations'] ?? []) as readonly Request[];
  if (annotations.length > MOST_ANNOTATIONS) return refuse('annotations', `are more than ${MOST_ANNOTATIONS}`);
  const wrong = annotations.find(
    ({ path, start_line: from, end_line: to, annotation_level: level, message, title }) => {
      const placed =
        text(path) !== '' && !text(path).startsWith('/') && Number(from) >= 1 && Number(to) >= Number(from);
      return !placed || !LEVELS.includes(text(level)) || text(message) === '' || text(title).length > 255;
    },
  );
  return wrong === undefined ? undefined : refuse('annotations', `${JSON.stringify(wrong)} is no annotation`);
}

function checkActions(actions: unknown): Refusal | undefined {
  const given = (actions ?? []) as readonly Request[];
  if (given.length > MOST_ACTIONS) return refuse('actions', `are more than ${MOST_ACTIONS}`);
  const wrong = given.find(({ label, description, identifier }) => {
    const lengths = [text(label).length, text(description).length, text(identifier).length] as const;
    return lengths.includes(0) || lengths[0] > 20 || lengths[1] > 40 || lengths[2] > 20;
  });
  return wrong === undefined ? undefined : refuse('actions', `${JSON.stringify(wrong)} is no action`);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

// The store of check runs: annotations accumulate, a conclusion completes a run, and only the App that created a run may change it.

import type { Annotation, Button, CheckRequest } from './check-rules.ts';

export interface LabCheck {
  readonly id: number;
  readonly name: string;
  readonly head_sha: string;
  /** Id of the App that created it. */
  readonly app: number;
  /** Id of its suite: one per commit and App. */
  readonly suite: number;
  readonly external_id: string;
  readonly details_url: string | null;
  readonly status: string;
  readonly conclusion: string | null;
  readonly started_at: string;
  readonly completed_at: string | null;
  readonly title: string | null;
  readonly summary: string | null;
  readonly text: string | null;
  readonly annotations: readonly Annotation[];
  readonly actions: readonly Button[];
}

export interface CheckStore {
  /** The request must be validated before. */
  create(app: number, sha: string, request: CheckRequest, now: Date): LabCheck;
  change(check: LabCheck, request: CheckRequest, now: Date): LabCheck;
  get(id: number): LabCheck | undefined;
  /** Id of the suite of a commit and an App. */
  suite(app: number, sha: string): number;
  /** Newest first. */
  of(sha: string): readonly LabCheck[];
  /** The newest run per name and App, newest first. */
  latest(sha: string): readonly LabCheck[];
  /** In order of creation. */
  all(): readonly LabCheck[];
}

const FIRST_ID = 70_000;
const FIRST_SUITE = 900;

export function openCheckStore(): CheckStore {
  const checks = new Map<number, LabCheck>();
  const suites = new Map<string, number>();

  function store(check: LabCheck): LabCheck {
    checks.set(check.id, check);
    return check;
  }
  function suite(app: number, sha: string): number {
    const key = `${app} ${sha}`;
    const number = suites.get(key) ?? FIRST_SUITE + suites.size;
    suites.set(key, number);
    return number;
  }
  const of = (sha: string): LabCheck[] => [...checks.values()].filter((check) => check.head_sha === sha).reverse();

  return {
    create(app, sha, request, now) {
      const begun: LabCheck = {
        id: FIRST_ID + checks.size,
        name: request.name ?? '',
        head_sha: sha,
        app,
        suite: suite(app, sha),
        external_id: '',
        details_url: null,
        status: 'queued',
        conclusion: null,
        started_at: now.toISOString(),
        completed_at: null,
        title: null,
        summary: null,
        text: null,
        annotations: [],
        actions: [],
      };
      return store(changed(begun, request, now));
    },
    change: (check, request, now) => store(changed(check, request, now)),
    get: (id) => checks.get(id),
    suite,
    of,
    latest(sha) {
      const seen = new Set<string>();
      return of(sha).filter(({ app, name }) => seen.size < seen.add(`${app} ${name}`).size);
    },
    all: () => [...checks.values()],
  };
}

function changed(check: LabCheck, request: CheckRequest, now: Date): LabCheck {
  const { output, conclusion } = request;
  const status = conclusion === undefined ? (request.status ?? check.status) : 'completed';
  const ended = status === 'completed';
  return {
    ...check,
    name: request.name ?? check.name,
    external_id: request.external_id ?? check.external_id,
    details_url: request.details_url ?? check.details_url,
    status,
    conclusion: ended ? (conclusion ?? check.conclusion) : null,
    started_at: request.started_at ?? check.started_at,
    completed_at: ended ? (request.completed_at ?? check.completed_at ?? now.toISOString()) : null,
    ...(output === undefined
      ? {}
      : {
          title: output.title ?? check.title,
          summary: output.summary,
          text: output.text ?? check.text,
          annotations: [...check.annotations, ...(output.annotations ?? [])],
        }),
    actions: request.actions ?? check.actions,
  };
}

// GitHub's events and answers about pull requests, comments and checks: the fields that GitHub always sends.

import type { LabComment, LabPull } from '../pulls.ts';
import { INSTALLATION } from './app.ts';
import type { LabCheck } from './checks.ts';

/** What every payload names. */
export interface Place {
  /** Of the forge, without a slash at the end. */
  readonly url: string;
  /** `owner/name`. */
  readonly repository: string;
  /** The App's id. */
  readonly app: number | null;
}

export function person(login: string) {
  return { login, id: 1, type: login.endsWith('[bot]') ? 'Bot' : 'User', site_admin: false };
}

function common({ url, repository, app }: Place, sender: string) {
  const [owner = '', name = ''] = repository.split('/');
  return {
    repository: { id: 1, name, full_name: repository, owner: { login: owner }, html_url: `${url}/${repository}` },
    sender: person(sender),
    ...(app === null ? {} : { installation: { id: INSTALLATION } }),
  };
}

export function pullAnswer(pull: LabPull, { repository, url }: Place) {
  const upstream = { full_name: repository, fork: false };
  const fork = { full_name: 'stranger/config', fork: true };
  return {
    id: pull.number,
    number: pull.number,
    title: pull.title,
    state: pull.state,
    user: person(pull.user),
    html_url: `${url}/${repository}/pull/${pull.number}`,
    head: { ref: pull.branch, sha: pull.head, repo: pull.fork ? fork : upstream },
    base: { ref: pull.base, repo: upstream },
    merged: pull.merged !== null,
    merged_at: pull.merged === null ? null : new Date(0).toISOString(),
    // Of an open one: a commit that GitHub merges to try.
    merge_commit_sha: pull.merged ?? pull.head,
  };
}

export function pullEvent(place: Place, action: string, pull: LabPull, changes?: object) {
  const told = { action, number: pull.number, pull_request: pullAnswer(pull, place) };
  return { ...told, ...(changes === undefined ? {} : { changes }), ...common(place, pull.user) };
}

export function commentAnswer({ id, user, body }: LabComment) {
  return { id, body, user: person(user) };
}

export function commentEvent(place: Place, comment: LabComment) {
  const issue = {
    number: comment.pull,
    pull_request: { url: `${place.url}/repos/${place.repository}/pulls/${comment.pull}` },
  };
  return { action: 'created', issue, is_pull: true, comment: commentAnswer(comment), ...common(place, comment.user) };
}

export function checkAnswer(check: LabCheck, { app }: Place) {
  const { title, summary, annotations, actions: _, ...rest } = check;
  return {
    ...rest,
    output: { title, summary, text: null, annotations_count: annotations.length },
    check_suite: { id: 9 },
    app: { id: app },
    pull_requests: [],
  };
}

export function checkEvent(place: Place, action: string, check: LabCheck, sender: string, identifier?: string) {
  const asked = identifier === undefined ? {} : { requested_action: { identifier } };
  return { action, ...asked, check_run: checkAnswer(check, place), ...common(place, sender) };
}

export function suiteEvent(place: Place, sha: string, sender: string) {
  return {
    action: 'rerequested',
    check_suite: { id: 9, head_sha: sha, app: { id: place.app } },
    ...common(place, sender),
  };
}

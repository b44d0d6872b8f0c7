// Response objects of GitLab for users, the project, merge requests and notes.

import type { LabComment } from '../comments.ts';
import type { Parts } from '../parts.ts';
import type { Right } from '../people.ts';
import type { LabPull } from '../pulls.ts';

export const PROJECT_ID = 1;

/** GitLab's numeric access levels. */
const LEVELS: Readonly<Record<Right, number>> = { admin: 50, maintain: 40, write: 30, triage: 20, read: 10, none: 0 };
export const DEVELOPER = 30;
export const MAINTAINER = 40;

export function levelOf(right: Right): number {
  return LEVELS[right];
}

export function userShape({ people, place }: Pick<Parts, 'people' | 'place'>, login: string) {
  const { id } = people.findOrAdd(login);
  return { id, username: login, name: login, state: 'active', avatar_url: null, web_url: `${place.url}/${login}` };
}

/** @param owner of a fork; default: the project's */
function projectId({ people, place }: Pick<Parts, 'people' | 'place'>, owner: string): number {
  return owner === place.owner ? PROJECT_ID : 1000 + people.findOrAdd(owner).id;
}

/** The project as events contain it. */
export function projectShape({ people, place }: Pick<Parts, 'people' | 'place'>, owner = place.owner) {
  const path = `${owner}/${place.name}`;
  const page = `${place.url}/${path}`;
  return {
    id: projectId({ people, place }, owner),
    name: place.name,
    namespace: owner,
    path_with_namespace: path,
    default_branch: 'main',
    visibility_level: 0,
    web_url: page,
    git_http_url: `${page}.git`,
    http_url: `${page}.git`,
  };
}

/** From GitLab's source (`MergeRequests::MergeService`): while it is merged, the state is `locked`. */
export function stateOf({ state, merged, locked = false }: LabPull): string {
  if (merged !== null) return 'merged';
  if (locked) return 'locked';
  return state === 'open' ? 'opened' : 'closed';
}

export function requestShape(parts: Pick<Parts, 'people' | 'place'>, pull: LabPull) {
  const { number, head, base, merged, measure } = pull;
  return {
    id: 3000 + number,
    iid: number,
    project_id: PROJECT_ID,
    title: pull.title,
    description: pull.body,
    state: stateOf(pull),
    created_at: pull.createdAt.toISOString(),
    updated_at: pull.updatedAt.toISOString(),
    merged_by: merged === null ? null : userShape(parts, merged.by),
    merge_user: merged === null ? null : userShape(parts, merged.by),
    merged_at: merged?.at.toISOString() ?? null,
    closed_at: merged === null ? (pull.closedAt?.toISOString() ?? null) : null,
    target_branch: base.branch,
    source_branch: head.branch,
    author: userShape(parts, pull.author),
    source_project_id: projectId(parts, head.owner),
    target_project_id: PROJECT_ID,
    draft: false,
    merge_status: measure.merge === null ? 'cannot_be_merged' : 'can_be_merged',
    has_conflicts: measure.merge === null,
    sha: head.sha,
    merge_commit_sha: merged?.sha ?? null,
    squash_commit_sha: null,
    web_url: `${parts.place.page}/-/merge_requests/${number}`,
    diff_refs: { base_sha: base.sha, head_sha: head.sha, start_sha: base.sha },
  };
}

export function noteShape(parts: Pick<Parts, 'people' | 'place'>, comment: LabComment, kind = 'MergeRequest') {
  return {
    id: comment.id,
    type: null,
    body: comment.body,
    author: userShape(parts, comment.author),
    created_at: comment.createdAt.toISOString(),
    updated_at: comment.updatedAt.toISOString(),
    system: false,
    project_id: PROJECT_ID,
    noteable_id: 3000 + comment.number,
    noteable_type: kind,
    noteable_iid: comment.number,
    resolvable: false,
    internal: false,
  };
}

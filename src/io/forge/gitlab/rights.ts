// Decides who may push to a branch of a GitLab project: by its protection or, without one, everybody from Developer on. From GitLab's descriptions of
// protected branches (wildcards, levels, single users and groups; of several matching rules, one suffices) and of members.

import type { Client } from './client.ts';

/** Access level that may push to an unprotected branch. */
const DEVELOPER = 30;

/** One entry of a rule: a user, a group, a deploy key, or everybody from an access level on. */
interface Allowed {
  readonly access_level: number | null;
  readonly user_id?: number | null;
  readonly group_id?: number | null;
  readonly deploy_key_id?: number | null;
}

interface Protection {
  readonly name: string;
  readonly push_access_levels: readonly Allowed[];
  readonly merge_access_levels: readonly Allowed[];
}

interface Person {
  readonly id: number;
  readonly level: number;
}

/** @param project API path of the project */
export async function mayPush(client: Client, project: string, branch: string, username: string): Promise<boolean> {
  const person = await personOf(client, project, username);
  if (person === null) return false;
  const all = (await client.all(`${project}/protected_branches`)) as Protection[];
  const rules = all.filter(({ name }) => covers(name, branch));
  if (rules.length === 0) return person.level >= DEVELOPER;
  for (const rule of rules) {
    for (const allowed of allowedToPush(rule)) if (await isAllowed(client, allowed, person)) return true;
  }
  return false;
}

/** Null for a user who is not a member. */
async function personOf({ call, maybe }: Client, project: string, username: string): Promise<Person | null> {
  const found = (await call('GET', `/users?username=${encodeURIComponent(username)}`)) as { readonly id: number }[];
  const [user] = found;
  if (user === undefined) return null;
  const member = (await maybe(`${project}/members/all/${user.id}`)) as { readonly access_level: number } | undefined;
  return member === undefined ? null : { id: user.id, level: member.access_level };
}

/** Whether a rule matches a branch; `*` matches any text. */
function covers(name: string, branch: string): boolean {
  const parts = name.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(branch);
}

/** If nobody may push, the branch changes by merges only: then everybody who may merge counts. */
function allowedToPush({ push_access_levels: push, merge_access_levels: merge }: Protection): readonly Allowed[] {
  return push.every(isNobody) ? merge : push;
}

function isNobody({ access_level: level, user_id, group_id }: Allowed): boolean {
  return (level ?? 0) === 0 && user_id == null && group_id == null;
}

async function isAllowed({ maybe }: Client, allowed: Allowed, { id, level }: Person): Promise<boolean> {
  const { access_level: least, user_id, group_id, deploy_key_id } = allowed;
  if (deploy_key_id != null || isNobody(allowed)) return false;
  if (user_id != null) return user_id === id;
  if (group_id != null) return (await maybe(`/groups/${group_id}/members/all/${id}`)) !== undefined;
  return least !== null && level >= least;
}

// Response objects of GitHub for users, repositories and Apps, with every field that its API description requires.

import type { People } from '../people.ts';
import type { Place } from '../place.ts';
import type { LabApp } from './app-registry.ts';

export const REPOSITORY_ID = 1;

export function nodeId(kind: string, id: number | string): string {
  return Buffer.from(`${kind}:${id}`).toString('base64url');
}

/** The user of an App is `slug[bot]`. */
export function userShape(place: Place, people: People, login: string) {
  const { id } = people.findOrAdd(login);
  const url = `${place.api}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id,
    node_id: nodeId('User', id),
    avatar_url: `${place.url}/avatars/${id}`,
    gravatar_id: '',
    url,
    html_url: `${place.url}/${encodeURIComponent(login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: login.endsWith('[bot]') ? 'Bot' : 'User',
    site_admin: false,
  };
}

const LINKS = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
} as const;

/** @param owner of a fork; default: the repository's */
export function repositoryShape(place: Place, people: People, owner = place.owner) {
  const isFork = owner !== place.owner;
  const id = isFork ? 1000 + people.findOrAdd(owner).id : REPOSITORY_ID;
  const full = `${owner}/${place.name}`;
  const url = `${place.api}/repos/${full}`;
  const page = `${place.url}/${full}`;
  const links = Object.fromEntries(Object.entries(LINKS).map(([name, path]) => [name, `${url}${path}`]));
  const time = new Date(0).toISOString();
  return {
    id,
    node_id: nodeId('Repository', id),
    name: place.name,
    full_name: full,
    owner: userShape(place, people, owner),
    private: !place.isPublic,
    visibility: place.isPublic ? 'public' : 'private',
    html_url: page,
    description: null,
    fork: isFork,
    url,
    ...(links as Record<keyof typeof LINKS, string>),
    clone_url: `${page}.git`,
    git_url: `git://${URL.parse(place.url)?.host}/${full}.git`,
    ssh_url: `git@${URL.parse(place.url)?.hostname}:${full}.git`,
    svn_url: page,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    forks: 0,
    forks_count: 0,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    size: 0,
    open_issues: 0,
    open_issues_count: 0,
    default_branch: 'main',
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: false,
    has_discussions: false,
    archived: false,
    disabled: false,
    pushed_at: time,
    created_at: time,
    updated_at: time,
  };
}

export function appShape(place: Place, people: People, app: LabApp) {
  return {
    id: app.id,
    slug: app.slug,
    node_id: nodeId('App', app.id),
    client_id: app.clientId,
    owner: userShape(place, people, place.owner),
    name: app.name,
    description: null,
    external_url: `${place.url}/apps/${app.slug}`,
    html_url: `${place.url}/apps/${app.slug}`,
    created_at: app.createdAt.toISOString(),
    updated_at: app.createdAt.toISOString(),
    permissions: app.permissions,
    events: app.events,
  };
}

export function botOf(app: LabApp): string {
  return `${app.slug}[bot]`;
}

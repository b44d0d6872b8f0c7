// GitHub's APIs about the origin of commits: the commits of a pull request, the pull requests of a commit, and the activity log of branches.

import type { Router } from 'express';
import type { Parts } from '../parts.ts';
import { needs } from './access.ts';
import { notFound, pageOf, unprocessable } from './answers.ts';
import { pullSimple } from './pull-shapes.ts';
import { listCommits } from './push-event.ts';
import { nodeId, userShape } from './shapes.ts';

/** GitHub lists at most this many commits of a pull request. */
const MAX_COMMITS = 250;

export function originRoutes(routes: Router, parts: Parts): void {
  const { place, people, pulls, bare } = parts;
  routes.get('/pulls/:number/commits', needs(parts, 'read', 'pull_requests'), async (request, response) => {
    const pull = pulls.get(Number(request.params['number']));
    if (pull === undefined) return notFound(response);
    const all = await listCommits(bare, pull.base.sha, pull.head.sha, place.page, MAX_COMMITS);
    response.json(pageOf(request, response, all).map((commit) => commitShape(parts, commit)));
  });
  routes.get('/commits/:sha/pulls', needs(parts, 'read', 'pull_requests', 'contents'), async (request, response) => {
    const asked = String(request.params['sha']);
    const sha = await bare.commit(asked);
    if (sha === undefined) return unprocessable(response, [`No commit found for SHA: ${asked}`]);
    const found: Parameters<typeof pullSimple>[1][] = [];
    for (const pull of pulls.all()) {
      const isMerge = pull.merged?.sha === sha;
      if (isMerge || ((await bare.isAncestor(sha, pull.head.sha)) && !(await bare.isAncestor(sha, pull.base.sha)))) {
        found.push(pull);
      }
    }
    response.json(pageOf(request, response, found).map((pull) => pullSimple(parts, pull)));
  });
  routes.get('/activity', needs(parts, 'read', 'contents'), (request, response) => {
    const { ref } = request.query;
    const moved = parts.pushes.filter((each) => ref === undefined || each.ref === ref).toReversed();
    response.json(
      pageOf(request, response, moved).map(({ before, after, ref: name, by, at }, index) => ({
        id: index + 1,
        node_id: nodeId('Activity', index + 1),
        before,
        after,
        ref: name,
        timestamp: at.toISOString(),
        activity_type: 'push',
        actor: userShape(place, people, by),
      })),
    );
  });
}

type Listed = Awaited<ReturnType<typeof listCommits>>[number];

function commitShape({ place }: Parts, listed: Listed) {
  const { id, tree_id: tree, message, author, committer, timestamp } = listed as Record<string, string> & Listed;
  const url = `${place.api}/repos/${place.repository}/commits/${id}`;
  // Git prints the time with an offset, GitHub shows UTC.
  const date = new Date(String(timestamp)).toISOString();
  const who = (person: unknown) => ({ ...(person as { name: string; email: string }), date });
  return {
    sha: id,
    node_id: nodeId('Commit', String(id)),
    commit: {
      author: who(author),
      committer: who(committer),
      message,
      tree: { sha: tree, url: `${place.api}/repos/${place.repository}/git/trees/${tree}` },
      url: `${place.api}/repos/${place.repository}/git/commits/${id}`,
      comment_count: 0,
    },
    url,
    html_url: `${place.page}/commit/${id}`,
    comments_url: `${url}/comments`,
    author: null,
    committer: null,
    parents: [],
  };
}

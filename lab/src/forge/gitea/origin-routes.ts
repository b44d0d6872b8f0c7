// APIs of Gitea about the origin of commits: commits of a pull request, the pull request of a commit, and the activity feed.

import type { Router } from 'express';
import { listCommits } from '../github/push-event.ts';
import type { Parts } from '../parts.ts';
import { complain, pageOf } from './answers.ts';
import { pullShape, userShape } from './shapes.ts';

export function originRoutes(routes: Router, parts: Parts): void {
  const { place, pulls, bare } = parts;
  routes.get('/pulls/:number/commits', async (request, response) => {
    const pull = pulls.get(Number(request.params['number']));
    if (pull === undefined) return complain(response, 404, "The target couldn't be found.");
    const all = await listCommits(bare, pull.base.sha, pull.head.sha, place.page);
    response.json(pageOf(request, response, all).map(({ id, message }) => ({ sha: id, commit: { message } })));
  });
  // Open pull requests are not included.
  routes.get('/commits/:sha/pull', (request, response) => {
    const pull = pulls.all().find(({ merged }) => merged?.sha === request.params['sha']);
    if (pull === undefined) complain(response, 404, "The target couldn't be found.");
    else response.json(pullShape(parts, pull));
  });
  routes.get('/activities/feeds', (request, response) => {
    const activities = parts.pushes.toReversed().map(({ ref, after, by }, index) => ({
      id: index + 1,
      op_type: 'commit_repo',
      act_user: userShape(parts, by),
      ref_name: ref,
      content: JSON.stringify({ Commits: [], HeadCommit: { Sha1: after }, Len: 1 }),
    }));
    response.json(pageOf(request, response, activities));
  });
}

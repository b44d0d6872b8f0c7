// GitLab's APIs about the origin of commits: the commits of a merge request, the merge requests of a commit, and push events.

import type { Router } from 'express';
import { listCommits } from '../github/push-event.ts';
import type { Parts } from '../parts.ts';
import { notFound, pageOf } from './answers.ts';
import { requestShape, userShape } from './shapes.ts';

export function originRoutes(routes: Router, parts: Parts): void {
  const { place, pulls, bare } = parts;
  routes.get('/merge_requests/:iid/commits', async (request, response) => {
    const pull = pulls.get(Number(request.params['iid']));
    if (pull === undefined) return notFound(response);
    const all = await listCommits(bare, pull.base.sha, pull.head.sha, place.page);
    response.json(pageOf(request, response, all.toReversed()).map(({ id, message }) => ({ id, message })));
  });
  routes.get('/repository/commits/:sha', async (request, response) => {
    const sha = await bare.commit(String(request.params['sha']));
    if (sha === undefined) return notFound(response, 'Commit');
    const message = await bare.git('log', '-1', '--format=%B', sha);
    response.json({ id: sha, short_id: sha.slice(0, 8), title: message.split('\n')[0], message });
  });
  routes.get('/repository/commits/:sha/merge_requests', async (request, response) => {
    const sha = await bare.commit(String(request.params['sha']));
    if (sha === undefined) return notFound(response, 'Commit');
    const found = pulls.all().filter(({ merged, head }) => merged?.sha === sha || head.sha === sha);
    response.json(pageOf(request, response, found).map((pull) => requestShape(parts, pull)));
  });
  routes.get('/events', (request, response) => {
    const events = parts.pushes.toReversed().map(({ ref, before, after, by }, index) => ({
      id: index + 1,
      action_name: 'pushed to',
      author_username: by,
      author: userShape(parts, by),
      push_data: {
        commit_from: before,
        commit_to: after,
        ref: ref.replace(/^refs\/(heads|tags)\//, ''),
        ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
      },
    }));
    response.json(pageOf(request, response, events));
  });
}

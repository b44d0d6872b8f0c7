// Commit status API of Gitea 1.26. It validates little: it accepts anything that names a commit, any state and any length. The combined status is
// computed from one page of statuses only.

import type { Request, Response, Router } from 'express';
import { type Parts, TOKEN_OWNER } from '../parts.ts';
import { combined } from '../statuses.ts';
import { complain, pageOf } from './answers.ts';
import { repositoryShape, statusShape } from './shapes.ts';

export function statusRoutes(routes: Router, parts: Parts): void {
  const { bare, statuses, place } = parts;
  routes.post('/statuses/:sha', async (request, response) => {
    const { state = '', context = '', description = null, target_url = null } = request.body ?? {};
    const sha = await bare.commit(String(request.params['sha']));
    // Error details are only shown to site administrators.
    if (sha === undefined) return complain(response, 500, '');
    const status = statuses.add({
      sha,
      creator: TOKEN_OWNER,
      state,
      context: context || 'default',
      description,
      target_url,
    });
    response.status(201).json(statusShape(parts, status));
  });
  // The list for an unknown commit is empty, not a 404.
  const list = async (request: Request, response: Response): Promise<void> => {
    const sha = await bare.commit(String(request.params['ref']));
    const all = sha === undefined ? [] : statuses.of(sha);
    response.json(pageOf(request, response, all).map((status) => statusShape(parts, status)));
  };
  routes.get('/statuses/:ref', list);
  routes.get('/commits/:ref/statuses', list);
  routes.get(
    '/commits/:ref/status',
    withCommit((sha, request, response) => {
      const shown = pageOf(request, response, statuses.latest(sha).toReversed());
      const url = `${place.api}/repos/${place.repository}/commits/${sha}`;
      const about = { repository: repositoryShape(parts), commit_url: url, url: `${url}/status` };
      const shapes = shown.map((status) => statusShape(parts, status));
      response.json({ state: combined(shown), sha, total_count: shown.length, statuses: shapes, ...about });
    }),
  );

  function withCommit(answer: (sha: string, request: Request, response: Response) => void) {
    return async (request: Request, response: Response): Promise<void> => {
      const sha = await bare.commit(String(request.params['ref']));
      if (sha === undefined) complain(response, 404, `object does not exist [id: ${request.params['ref']}]`);
      else answer(sha, request, response);
    };
  }
}

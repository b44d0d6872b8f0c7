// Commit statuses as Gitea takes them.

import type { Request, Response, Router } from 'express';
import { type Parts, TOKEN_OWNER } from '../parts.ts';
import { combined } from '../statuses.ts';
import { complain, pageOf } from './answers.ts';
import { repositoryShape, statusShape } from './shapes.ts';

const STATES = ['pending', 'success', 'error', 'failure', 'warning'];

export function statusRoutes(routes: Router, parts: Parts): void {
  const { bare, statuses, place } = parts;
  routes.post('/statuses/:sha', async (request, response) => {
    const { sha: asked } = request.params as { sha: string };
    const { state = '', context = 'default', description = null, target_url = null } = request.body ?? {};
    const sha = /^[0-9a-f]{40}$/.test(asked) ? await bare.commit(asked) : undefined;
    if (sha === undefined) return complain(response, 500, `GetCommit[${asked}]: object does not exist [id: ${asked}]`);
    if (!STATES.includes(state)) return complain(response, 500, `invalid commit status state: ${state}`);
    const status = statuses.add({ sha, creator: TOKEN_OWNER, state, context, description, target_url });
    response.status(201).json(statusShape(parts, status));
  });
  const list = withCommit((sha, request, response) => {
    response.json(pageOf(request, response, statuses.of(sha)).map((status) => statusShape(parts, status)));
  });
  routes.get('/statuses/:ref', list);
  routes.get('/commits/:ref/statuses', list);
  routes.get(
    '/commits/:ref/status',
    withCommit((sha, request, response) => {
      const latest = statuses.latest(sha);
      const shown = pageOf(request, response, latest).map((status) => statusShape(parts, status));
      const url = `${place.api}/repos/${place.repository}/commits/${sha}`;
      const about = { repository: repositoryShape(parts), commit_url: url, url: `${url}/status` };
      response.json({ state: combined(latest), sha, total_count: latest.length, statuses: shown, ...about });
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

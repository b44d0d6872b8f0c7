// GitHub's REST interface as far as Phoenix needs it, and what GitHub refuses of it.

import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { type Parts, TOKEN_OWNER } from '../parts.ts';
import { identify } from './access.ts';
import { fail } from './answers.ts';
import { appRoutes } from './app-routes.ts';
import { checkRoutes } from './check-routes.ts';
import { commentRoutes, peopleRoutes } from './comment-routes.ts';
import { appHookRoutes, repositoryHookRoutes } from './hook-routes.ts';
import { manifestRoutes } from './manifest-routes.ts';
import { pullRoutes } from './pull-routes.ts';
import { repositoryShape } from './shapes.ts';
import { statusRoutes } from './status-routes.ts';

/** Below the root of the forge; the pages of the manifest flow lie beside it. */
export function githubRest(parts: Parts): Router {
  const rest = express.Router();
  const web = express.Router();
  const { place, faults } = parts;
  rest.use(web);
  rest.use(faults.rest.handler);
  rest.use((request, response, next) => {
    if (request.get('user-agent') !== undefined) return next();
    response.status(403).type('text').send('Request forbidden by administrative rules.');
  });
  rest.use(express.json({ limit: '25mb' }), notJson);
  manifestRoutes(web, rest, parts);
  appRoutes(rest, parts);
  appHookRoutes(rest, parts);

  const repository = express.Router();
  repository.get('/', (_request, response) => {
    response.json(fullRepository(parts));
  });
  statusRoutes(repository, parts);
  pullRoutes(repository, parts);
  commentRoutes(repository, parts);
  peopleRoutes(repository, parts);
  checkRoutes(repository, parts);
  repositoryHookRoutes(repository, parts);
  rest.use(identify(parts));
  rest.use(`/repos/${place.repository}`, repository);
  return rest;
}

/** Express tells an error handler by its four parameters. */
function notJson(_error: unknown, _request: Request, response: Response, _next: NextFunction): void {
  fail(response, 400, 'Problems parsing JSON');
}

function fullRepository({ place, people }: Parts) {
  const { right } = people.meet(TOKEN_OWNER);
  const push = right === 'admin' || right === 'maintain' || right === 'write';
  return {
    ...repositoryShape(place, people),
    permissions: { admin: right === 'admin', maintain: false, push, triage: push, pull: true },
    network_count: 0,
    subscribers_count: 0,
  };
}

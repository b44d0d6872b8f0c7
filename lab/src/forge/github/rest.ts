// The part of GitHub's REST API that Phoenix uses, with its validation.

import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { type Parts, TOKEN_OWNER } from '../parts.ts';
import { identify, loginIn } from './access.ts';
import { fail } from './answers.ts';
import { appRoutes } from './app-routes.ts';
import { checkRoutes } from './check-routes.ts';
import { commentRoutes, peopleRoutes } from './comment-routes.ts';
import { appHookRoutes, repositoryHookRoutes } from './hook-routes.ts';
import { manifestRoutes } from './manifest-routes.ts';
import { originRoutes } from './origin-routes.ts';
import { pullRoutes } from './pull-routes.ts';
import { refRoutes } from './ref-routes.ts';
import { repositoryShape, userShape } from './shapes.ts';
import { statusRoutes } from './status-routes.ts';

/** Mounted at the root of the forge, beside the pages of the manifest flow. */
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
  originRoutes(repository, parts);
  checkRoutes(repository, parts);
  refRoutes(repository, parts);
  repositoryHookRoutes(repository, parts);
  rest.use(identify(parts));
  rest.get('/user', (_request, response) => {
    const login = loginIn(response);
    // Apps cannot use the endpoints of users.
    if (login.endsWith('[bot]')) return fail(response, 403, 'Resource not accessible by integration');
    response.json(ownUser(parts, login));
  });
  rest.use(`/repos/${place.repository}`, repository);
  return rest;
}

/** Express recognises an error handler by its four parameters. */
function notJson(_error: unknown, _request: Request, response: Response, _next: NextFunction): void {
  fail(response, 400, 'Problems parsing JSON');
}

/** The public fields of a user and those that only the user sees. */
function ownUser({ place, people }: Parts, login: string) {
  const time = new Date(0).toISOString();
  const nothing = { name: null, company: null, blog: null, location: null, email: null, hireable: null, bio: null };
  const counts = { public_repos: 0, public_gists: 0, followers: 0, following: 0 };
  return { ...userShape(place, people, login), ...nothing, ...counts, created_at: time, updated_at: time };
}

function fullRepository({ place, people }: Parts) {
  const { right } = people.findOrAdd(TOKEN_OWNER);
  const push = right === 'admin' || right === 'maintain' || right === 'write';
  return {
    ...repositoryShape(place, people),
    permissions: { admin: right === 'admin', maintain: false, push, triage: push, pull: true },
    network_count: 0,
    subscribers_count: 0,
  };
}

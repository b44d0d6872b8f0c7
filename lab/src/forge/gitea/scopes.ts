// Token scopes as enforced by Gitea 1.26: by path category, before any lookup.

import type { RequestHandler } from 'express';
import { complain } from './answers.ts';

/** @param scopes null: unrestricted */
export function requireScope(scopes: readonly string[] | null): RequestHandler {
  return (request, response, next) => {
    const level = ['POST', 'PUT', 'PATCH', 'DELETE'].includes(request.method) ? 'write' : 'read';
    const category = categoryOf(request.path);
    const enough = [`${level}:${category}`, `write:${category}`, 'all'];
    if (scopes === null || enough.some((scope) => scopes.includes(scope))) return next();
    const told = `required=[${level}:${category}], token scope=${scopes.join(',')}`;
    complain(response, 403, `token does not have at least one of required scope(s), ${told}`);
  };
}

function categoryOf(path: string): string {
  if (path.startsWith('/user')) return 'user';
  return /^\/repos\/[^/]+\/[^/]+\/issues(\/|$)/.test(path) ? 'issue' : 'repository';
}

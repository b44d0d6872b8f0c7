// How Gitea refuses, and how it cuts lists into pages.

import type { Request, Response } from 'express';

export function complain(response: Response, status: number, message: string): void {
  response.status(status).json({ message, url: 'https://gitea.example/api/swagger' });
}

/** 30 a page unless `limit` says otherwise, never more than 50. */
export function pageOf<T>(request: Request, response: Response, all: readonly T[]): readonly T[] {
  const size = Math.min(50, Number(request.query['limit']) || 30);
  const page = Math.max(1, Number(request.query['page']) || 1);
  response.set('x-total-count', String(all.length));
  return all.slice((page - 1) * size, page * size);
}

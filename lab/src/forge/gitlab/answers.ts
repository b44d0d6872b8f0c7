// Error responses and pagination of GitLab.

import type { Request, Response } from 'express';

/** GitLab puts validation errors into `message`, and refusals before validation into `error`. */
export function complain(response: Response, status: number, message: unknown): void {
  response.status(status).json({ message });
}

export function malformed(response: Response, error: string): void {
  response.status(400).json({ error });
}

export function notFound(response: Response, what = ''): void {
  complain(response, 404, what === '' ? '404 Not found' : `404 ${what} Not Found`);
}

/** The requested page; 20 per page by default, at most 100. */
export function pageOf<T>(request: Request, response: Response, all: readonly T[]): readonly T[] {
  const size = Math.min(100, Number(request.query['per_page']) || 20);
  const page = Math.max(1, Number(request.query['page']) || 1);
  const pages = Math.max(1, Math.ceil(all.length / size));
  response.set({
    'x-page': String(page),
    'x-per-page': String(size),
    'x-next-page': page < pages ? String(page + 1) : '',
    'x-total': String(all.length),
    'x-total-pages': String(pages),
  });
  if (page < pages) {
    const url = new URL(request.originalUrl, `http://${request.get('host')}`);
    url.searchParams.set('page', String(page + 1));
    response.set('link', `<${url.href}>; rel="next"`);
  }
  return all.slice((page - 1) * size, page * size);
}

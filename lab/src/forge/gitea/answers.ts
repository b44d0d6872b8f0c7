// Error responses and pagination of Gitea.

import type { Request, Response } from 'express';

export function complain(response: Response, status: number, message: string): void {
  response.status(status).json({ message, url: 'https://gitea.example/api/swagger' });
}

/** 30 per page by default, at most 50 with `limit`. */
export function pageOf<T>(request: Request, response: Response, all: readonly T[]): readonly T[] {
  const size = Math.min(50, Number(request.query['limit']) || 30);
  const page = Math.max(1, Number(request.query['page']) || 1);
  const last = Math.max(1, Math.ceil(all.length / size));
  response.set('x-total-count', String(all.length));
  const link = (to: number, rel: string) => {
    const query = new URLSearchParams({ ...(request.query as Record<string, string>), page: String(to) });
    return `<https://gitea.example${request.originalUrl.split('?')[0]}?${query}>; rel="${rel}"`;
  };
  const links = [
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(1, 'first'), link(page - 1, 'prev')] : []),
  ];
  if (links.length > 0) response.set('link', links.join(','));
  return all.slice((page - 1) * size, page * size);
}

// Error responses and pagination of GitHub.

import type { Request, Response } from 'express';
import type { Refused } from '../refused.ts';

const DOCUMENTATION = 'https://docs.github.com/rest';

export function fail(response: Response, status: number, message: string): void {
  response.status(status).json({ message, documentation_url: DOCUMENTATION, status: String(status) });
}

export function notFound(response: Response): void {
  fail(response, 404, 'Not Found');
}

/** 422 that names each invalid field and why. */
export function invalid(response: Response, resource: string, { refused }: Refused): void {
  response.status(422).json({
    message: 'Validation Failed',
    errors: [{ resource, ...refused }],
    documentation_url: DOCUMENTATION,
    status: '422',
  });
}

/** 422 as the Checks API writes it, without field names. */
export function unprocessable(response: Response, problems: readonly string[]): void {
  fail(response, 422, `Invalid request.\n\n${problems.join('\n')}`);
}

/** The requested page, with `Link` headers to its neighbours; 30 per page by default, at most 100. */
export function pageOf<T>(request: Request, response: Response, all: readonly T[]): readonly T[] {
  const size = Math.min(100, numberOf(request.query['per_page']) ?? 30);
  const page = numberOf(request.query['page']) ?? 1;
  const last = Math.max(1, Math.ceil(all.length / size));
  const links = [
    ...(page > 1 ? [link(request, { page: page - 1 }, 'prev')] : []),
    ...(page < last ? [link(request, { page: page + 1 }, 'next'), link(request, { page: last }, 'last')] : []),
    ...(page > 1 ? [link(request, { page: 1 }, 'first')] : []),
  ];
  if (links.length > 0) response.set('link', links.join(', '));
  return all.slice((page - 1) * size, page * size);
}

export function link(request: Request, to: Readonly<Record<string, number>>, rel: string): string {
  const url = new URL(request.originalUrl, `http://${request.get('host')}`);
  for (const [name, value] of Object.entries(to)) url.searchParams.set(name, String(value));
  return `<${url.href}>; rel="${rel}"`;
}

/** A positive integer; anything else counts as absent. */
export function numberOf(value: unknown): number | undefined {
  const number = Number(value);
  return typeof value === 'string' && Number.isInteger(number) && number >= 1 ? number : undefined;
}

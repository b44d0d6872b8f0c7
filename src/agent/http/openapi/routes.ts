// Every HTTP route for programs, with its parameters and responses. A test compares the list with the actual routes.

import type { z } from 'zod';
import {
  ApproveBody,
  AskBody,
  ChannelTestBody,
  CommandBody,
  EventsQuery,
  FreezeBody,
  LogQuery,
  ReplayBody,
  RunsQuery,
} from '../requests.ts';
import type { AnswerName } from './answers.ts';

/** Content of a response: a JSON schema or a list of it, or another kind of text. */
export type Content = AnswerName | { readonly listOf: AnswerName } | 'text/plain' | 'text/event-stream' | 'document';

export interface ApiRoute {
  readonly method: 'get' | 'post';
  /** Path with placeholders `{name}`. */
  readonly path: string;
  readonly summary: string;
  /** `anyone`: no token needed. `read`: no token needed from the machine itself. `change`: only with the admin token. */
  readonly access: 'anyone' | 'read' | 'change';
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** By status. */
  readonly answers: Readonly<Record<number, readonly Content[]>>;
}

const NOT_UNDERSTOOD = { 400: ['Error'] } as const;
const NOT_THERE = { 404: ['Error'] } as const;
const BEGUN = { 202: ['Accepted'], 400: ['Error'], 409: ['Error'] } as const;

export const API_ROUTES: readonly ApiRoute[] = [
  {
    method: 'post',
    path: '/webhooks',
    access: 'anyone',
    summary: 'An event of the forge, signed with the secret of the webhook; its bytes are what is signed.',
    answers: { 200: ['Ignored'], 202: ['Delivery'], 400: ['Error'], 401: ['Error'] },
  },
  {
    method: 'get',
    path: '/healthz',
    access: 'anyone',
    summary: 'The process is alive.',
    answers: { 200: ['Alive'] },
  },
  {
    method: 'get',
    path: '/readyz',
    access: 'anyone',
    summary: 'Whether it can do its work; reasons are for those who may read.',
    answers: { 200: ['Readiness'], 503: ['Readiness'] },
  },
  {
    method: 'get',
    path: '/metrics',
    access: 'read',
    summary: 'Metrics for Prometheus.',
    answers: { 200: ['text/plain'] },
  },
  {
    method: 'get',
    path: '/api',
    access: 'read',
    summary: 'The routes, for people.',
    answers: { 200: ['text/plain'] },
  },
  {
    method: 'get',
    path: '/api/openapi.json',
    access: 'read',
    summary: 'This description.',
    answers: { 200: ['document'] },
  },
  {
    method: 'get',
    path: '/api/status',
    access: 'read',
    summary: 'What is followed, what is applied, and what is in the way.',
    answers: { 200: ['Status'] },
  },
  {
    method: 'get',
    path: '/api/runs',
    access: 'read',
    summary: 'The newest runs.',
    query: RunsQuery,
    answers: { 200: [{ listOf: 'RunSummary' }], ...NOT_UNDERSTOOD },
  },
  {
    method: 'get',
    path: '/api/runs/{id}',
    access: 'read',
    summary: 'One run.',
    answers: { 200: ['Run'], ...NOT_THERE },
  },
  {
    method: 'get',
    path: '/api/runs/{id}/events',
    access: 'read',
    summary:
      'One run as it goes on: events `run` and `end` with a Run, `step` with a step of it, `log` with `{target, lines}`. `Last-Event-ID` goes on where a connection ended.',
    query: EventsQuery,
    answers: { 200: ['text/event-stream'], ...NOT_THERE, 503: ['Error'] },
  },
  {
    method: 'get',
    path: '/api/runs/{id}/logs/{kind}/{name}',
    access: 'read',
    summary: 'What the programs of one step printed.',
    query: LogQuery,
    answers: { 200: ['Log', 'text/plain'], ...NOT_UNDERSTOOD, ...NOT_THERE },
  },
  {
    method: 'get',
    path: '/api/targets',
    access: 'read',
    summary: 'What is known of every target.',
    answers: { 200: [{ listOf: 'Target' }] },
  },
  {
    method: 'get',
    path: '/api/targets/{kind}/{name}',
    access: 'read',
    summary: 'What is known of one target.',
    answers: { 200: ['Target'], ...NOT_UNDERSTOOD, ...NOT_THERE },
  },
  {
    method: 'get',
    path: '/api/notifications',
    access: 'read',
    summary: 'Who is told what needs a person, and whether that gets there.',
    answers: { 200: [{ listOf: 'Channel' }] },
  },
  {
    method: 'post',
    path: '/api/replay',
    access: 'change',
    summary: 'Carry out a commit again.',
    body: ReplayBody,
    answers: BEGUN,
  },
  {
    method: 'post',
    path: '/api/runs/{id}/approve',
    access: 'change',
    summary: 'Let a step go on that waits for approval.',
    body: ApproveBody,
    answers: { ...BEGUN, ...NOT_THERE },
  },
  {
    method: 'post',
    path: '/api/freeze',
    access: 'change',
    summary: 'Start nothing that has not started.',
    body: FreezeBody,
    answers: BEGUN,
  },
  {
    method: 'post',
    path: '/api/unfreeze',
    access: 'change',
    summary: 'Go on with what waits.',
    body: AskBody,
    answers: BEGUN,
  },
  {
    method: 'post',
    path: '/api/drift',
    access: 'change',
    summary: 'Look at every target and say what differs.',
    body: AskBody,
    answers: BEGUN,
  },
  {
    method: 'post',
    path: '/api/command',
    access: 'change',
    summary: 'Carry out a verb, such as `start`, `stop`, `converge` or `delete`.',
    body: CommandBody,
    answers: BEGUN,
  },
  {
    method: 'post',
    path: '/api/notifications/test',
    access: 'change',
    summary: 'Send a test to one channel, or to all.',
    body: ChannelTestBody,
    answers: { 200: [{ listOf: 'ChannelTest' }], 400: ['Error'], 409: ['Error'] },
  },
];

// Registers the two routes of a page action: a page that shows what the action will do, and the form on it that executes it. A form needs the token
// of its session, and what its page showed must still hold.

import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { accessOf } from '../../agent/http/guard.ts';
import { carryOutOperation, OPERATIONS, type OperationDeps, refusalOf } from '../../agent/http/operations.ts';
import { carriesFormToken } from '../../agent/http/own-pages.ts';
import type { Person } from '../../agent/http/sessions.ts';
import { PAGE_ERROR, type PageError } from '../../messages/pages/pages.ts';
import type { RunId } from '../../model/ids.ts';
import { mayAs } from '../../model/person.ts';
import type { Page } from '../html/document.ts';
import { errorPage } from '../html/error-page.ts';
import { type Links, linksFrom } from '../links.ts';
import type { Show } from '../send.ts';
import { formOf, goTo, readForm } from '../sign-in.ts';
import type { PageSources } from '../sources.ts';
import { askingFor, mayAsk, type PageAction, roleFor } from './page-actions.ts';

export interface ActionDeps extends PageSources, Omit<OperationDeps, 'agent' | 'ledger' | 'clock'> {
  readonly agent: PageSources['agent'] & OperationDeps['agent'];
  readonly ledger: PageSources['ledger'] & OperationDeps['ledger'];
}

/** The action is not permitted or not possible. */
export class NotDone extends Error {
  readonly status: number;
  readonly pageError: PageError;

  constructor(status: number, pageError: PageError) {
    super(pageError.title);
    this.status = status;
    this.pageError = pageError;
  }
}

/** An action that a form requests. */
interface Requested {
  readonly action: PageAction;
  readonly how?: Parameters<typeof askingFor>[1];
  /** The digest of what the page would show now, which the form has to contain. */
  readonly seen?: string;
}

interface Form {
  readonly path: string;
  readonly make: (request: Request) => Promise<Requested>;
  /** The page of its result. */
  readonly onward: (links: Links, run: RunId | null, action: PageAction) => string;
  /** The page with what was typed, where that is refused. */
  readonly again?: (links: Links, action: PageAction, why: string) => Page;
}

export interface Registered {
  readonly routes: Router;
  /** Registers a preview page for permitted viewers. */
  page(path: string, make: (request: Request, links: Links) => Promise<readonly [PageAction, Page]>): void;
  /** Registers the execution of an action, which redirects to its result. */
  form(form: Form): void;
}

export function actionRegister(deps: ActionDeps, show: Show): Registered {
  const routes = express.Router();

  const answer = (work: (request: Request, response: Response, person: Person) => Promise<void>): RequestHandler => {
    return async (request, response) => {
      try {
        await work(request, response, personOf(request));
      } catch (error) {
        const { status, pageError } = notDone(error);
        show(request, response, status, errorPage(pageError));
      }
    };
  };

  async function execute(form: Form, request: Request, response: Response, person: Person): Promise<void> {
    const { action, how, seen } = await form.make(request);
    if (seen !== undefined && seen !== seenIn(request)) throw new NotDone(409, PAGE_ERROR.changedSince());
    const links = linksFrom(request.path, null, person);
    const { what, request: asked } = askingFor(action, how);
    if (form.again !== undefined && mayAs(person.role, OPERATIONS[what].role)) {
      const refused = refusalIn(action);
      if (refused !== null) return show(request, response, 409, form.again(links, action, refused));
    }
    if (!mayAsk(links, action)) mayNot(person, action);
    const parsed = OPERATIONS[what].parse({ ...asked, by: person.name });
    const run = await carryOutOperation(deps, what, parsed, { role: person.role, through: 'page' });
    goTo(response, form.onward(links, run, action));
  }

  return {
    routes,
    page(path, make) {
      routes.get(
        path,
        answer(async (request, response, person) => {
          const links = linksFrom(request.path, null, person);
          const [action, made] = await make(request, links);
          if (!mayAsk(links, action)) mayNot(person, action);
          show(request, response, 200, made);
        }),
      );
    },
    form(form) {
      routes.post(
        form.path,
        readForm,
        answer((request, response, person) => execute(form, request, response, person)),
      );
    },
  };
}

/** @throws NotDone for nobody who is signed in, and for a form without the token of its session */
function personOf(request: Request): Person {
  const access = accessOf(request);
  const person = access.person(request);
  if (person === null) throw new NotDone(401, PAGE_ERROR.notSignedIn());
  if (request.method !== 'GET' && !carriesFormToken(access, request, formOf(request)))
    throw new NotDone(403, PAGE_ERROR.oldForm());
  return person;
}

/** @throws `error` where it is no refusal */
function notDone(error: unknown): Pick<NotDone, 'status' | 'pageError'> {
  if (error instanceof NotDone) return error;
  const why = refusalOf(error);
  if (why === null) throw error;
  return { status: 409, pageError: PAGE_ERROR.refused(why) };
}

/** Why the request cannot be understood; null where it can. */
function refusalIn(action: PageAction): string | null {
  try {
    roleFor(action);
    return null;
  } catch (error) {
    const why = refusalOf(error);
    if (why === null) throw error;
    return why;
  }
}

function seenIn({ body }: Request): unknown {
  return ((body ?? {}) as { readonly seen?: unknown }).seen;
}

function mayNot(person: Person, action: PageAction): never {
  throw new NotDone(403, PAGE_ERROR.mayNot(person.name, person.role, roleFor(action)));
}

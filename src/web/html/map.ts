// The map of the environment: networks, gateway routes, certificates, and stacks by host. Each box shows the state of its target and links to its
// page.

import type { TargetJson } from '../../agent/http/run-json.ts';
import { leftText } from '../../messages/pages/home.ts';
import { MAP, stateWord } from '../../messages/pages/map.ts';
import { networkText } from '../../messages/pages/target.ts';
import type { CertificateEnd, DeclaredEnvironment } from '../../model/environment.ts';
import { nameOf, type TargetId } from '../../model/ids.ts';
import type { Links } from '../links.ts';
import { badge, said, type Tone, table, targetLink } from './components.ts';
import type { Page } from './document.ts';
import { type GraphBox, graph, MAX_BOXES } from './graph.ts';
import { type Html, html } from './html.ts';
import { certificateTone } from './needs-you.ts';

export interface MapView {
  /** Null: no commit is followed yet, or it could not be read in time. */
  readonly environment: DeclaredEnvironment | null;
  readonly isFollowed: boolean;
  readonly targets: ReadonlyMap<TargetId, TargetJson>;
  /** Null: the host did not respond in time. */
  readonly certificates: readonly CertificateEnd[] | null;
  readonly now: Date;
}

export function mapPage(view: MapView, links: Links): Page {
  const { environment, isFollowed } = view;
  const content =
    environment === null ? html`<p>${isFollowed ? MAP.unread : MAP.nothing}</p>` : sections(environment, view, links);
  return { title: MAP.title, live: null, main: html`<h1>${MAP.title}</h1>${content}` };
}

/** An edge between two boxes. */
type Pair = readonly [from: GraphBox, to: GraphBox];

function sections(environment: DeclaredEnvironment, view: MapView, links: Links): Html {
  const box = (target: TargetId) => targetBox(target, environment, view, links);
  const { authority, stacks } = environment;
  // The kind is in the heading, and the longest names of all are those of certificates.
  const certificate = (target: TargetId): GraphBox => ({ ...box(target), label: nameOf(target) });
  const signed =
    authority === null ? [] : environment.certificates.map((each): Pair => [box(authority), certificate(each)]);
  return html`
    ${networks(environment, view, links)}
    ${pairs(MAP.services, servicePairs(environment, box))}
    ${pairs(MAP.certificates, signed)}
    ${pairs(
      MAP.stacks,
      stacks.map(({ guest, target }): Pair => [box(guest), box(target)]),
    )}`;
}

function networks({ guests }: DeclaredEnvironment, { targets }: MapView, links: Links): Html {
  if (guests.length === 0) return null;
  const places = guests.flatMap((guest) => {
    const on = guest.interfaces.map((each) => ({ guest, network: networkText(each), addresses: each.addresses }));
    return on.length > 0 ? on : [{ guest, network: MAP.noNetwork, addresses: [] }];
  });
  const byNetwork = [...Map.groupBy(places, ({ network }) => network)].sort(([one], [other]) => {
    const [isLast, isOtherLast] = [one, other].map((network) => Number(network === MAP.noNetwork)) as [number, number];
    return isLast - isOtherLast || one.localeCompare(other, 'en', { numeric: true });
  });
  const tables = byNetwork.map(([network, members]) =>
    table({
      caption: network,
      columns: ['Guest', 'Name', 'Address', 'State'],
      rows: members.map(({ guest, addresses }) => {
        const { word, tone } = stateOf(targets.get(guest.target));
        return [targetLink(links, guest.target), said(guest.name), said(addresses.join(', ')), badge(word, tone)];
      }),
      className: 'network',
    }),
  );
  return html`<section aria-labelledby="networks"><h2 id="networks">${MAP.networks}</h2>${tables}</section>`;
}

/** Edges from the gateway through the proxy to each host name and its guest. */
function servicePairs({ gateway, proxy, services }: DeclaredEnvironment, box: (target: TargetId) => GraphBox): Pair[] {
  const front = proxy ?? gateway;
  const between: Pair[] = gateway === null || proxy === null ? [] : [[box(gateway), box(proxy)]];
  const ways = services.flatMap(({ name, leadsTo, guest }): Pair[] => {
    const service: GraphBox = { id: `service ${name}`, label: name, word: leadsTo, tone: 'quiet', href: null };
    return [
      ...(front === null ? [] : [[box(front), service] as const]),
      ...(guest === null ? [] : [[service, box(guest)] as const]),
    ];
  });
  return services.length === 0 ? [] : [...between, ...ways];
}

/** A graph, or a table if it would be too large. */
function pairs(title: string, all: readonly Pair[]): Html {
  if (all.length === 0) return null;
  const boxes = [...new Map(all.flat().map((box) => [box.id, box])).values()];
  const id = `map-${title.toLowerCase().replaceAll(' ', '-')}`;
  const lines = [...new Map(all.map(([from, to]) => [`${from.id}\n${to.id}`, { from: from.id, to: to.id }])).values()]
    // A guest that serves itself would be an edge to itself.
    .filter(({ from, to }) => from !== to);
  const shown =
    boxes.length <= MAX_BOXES
      ? graph({ label: `Picture: ${title}`, boxes, lines, direction: 'LR' })
      : table({
          caption: title,
          columns: ['From', 'To'],
          rows: all.map(([from, to]) => [named(from), named(to)]),
          className: 'pairs',
        });
  return html`<section aria-labelledby=${id}><h2 id=${id}>${title}</h2>${shown}</section>`;
}

function named({ label, href }: GraphBox): Html {
  return href === null ? said(label) : html`<a href=${href}>${said(label)}</a>`;
}

function targetBox(
  target: TargetId,
  { guests }: DeclaredEnvironment,
  { targets, certificates, now }: MapView,
  links: Links,
): GraphBox {
  const name = guests.find((guest) => guest.target === target)?.name;
  const validity = certificates?.find((each) => each.target === target)?.validity ?? null;
  const left =
    validity === null
      ? null
      : { word: leftText(Date.parse(validity.until) - now.getTime()), tone: certificateTone(validity, now) };
  return {
    id: target,
    label: name === undefined ? target : `${target} (${name})`,
    ...(left ?? stateOf(targets.get(target))),
    href: links.target(target),
  };
}

function stateOf(target: TargetJson | undefined): { readonly word: string; readonly tone: Tone } {
  const word = stateWord(target);
  if (target === undefined || target.state === 'declared') return { word, tone: 'quiet' };
  if (target.outcome === 'failed') return { word, tone: 'bad' };
  if (target.state !== 'applied') return { word, tone: 'wait' };
  return { word, tone: target.running === null || target.running === 'running' ? 'good' : 'quiet' };
}

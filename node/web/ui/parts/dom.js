// @ts-check
/** The smallest helper that makes elements: no styles and no markup from text, so that the page's policy holds. */

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [props] `on...` are listeners, `true` and `false` set and leave out (but for `aria-...`, where they are words), all else are attributes
 * @param {(Child | Child[])[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (typeof value === 'boolean' && name.startsWith('aria-')) element.setAttribute(name, String(value));
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...kids(children));
  return element;
}

/** @param {(Child | Child[])[]} children @returns {(Node | string)[]} */
const kids = (children) => children.flat().flatMap((child) => (child === null || child === undefined || child === false || child === '' ? [] : [child]));

/** Puts other children into an element. @param {Element} element @param {(Child | Child[])[]} children */
export const fill = (element, ...children) => element.replaceChildren(...kids(children));

/** An element without its words lost to anyone who listens. @param {string} text */
export const hidden = (text) => h('span', { class: 'hidden' }, text);

/** Says something to whoever listens to the screen. @param {string} text */
export function announce(text) {
  const live = document.getElementById('live');
  if (live) live.textContent = text;
}

/**
 * Hands a file to whatever the phone shares with, or saves it. Browsers share few kinds of files; plain text is one that all let through.
 *
 * @param {Blob} blob
 * @param {string} name
 */
export async function giveFile(blob, name) {
  const file = new File([blob], name, { type: name.endsWith('.txt') ? 'text/plain' : blob.type });
  if (navigator.canShare?.({ files: [file] }) && matchMedia('(pointer: coarse)').matches) {
    try {
      await navigator.share({ files: [file] });
      return;
    } catch (error) {
      if (/** @type {Error} */ (error).name === 'AbortError') return;
    }
  }
  const url = URL.createObjectURL(blob);
  const link = h('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

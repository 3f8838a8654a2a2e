/**
 * Building and updating elements. Text from the log only ever becomes `textContent` or an attribute value.
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  assign(made, properties);
  made.append(...children);
  return made;
}

const svgNames = 'http://www.w3.org/2000/svg';

export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(svgNames, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

export function byId(id) {
  return document.getElementById(id);
}

/** Sets text only where it differs, so that selections and the layout stay. */
export function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

export function assign(node, { className, ...attributes }) {
  if (className !== undefined && node.className !== className) node.className = className;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) node.removeAttribute(name);
    else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
  }
}

/**
 * A table whose rows are kept by key. A column: `{ head, className?, headTitle?, fill(cell, row) }`.
 * `update(rows, columns?)` takes over new columns when their heads differ.
 */
export class Table {
  #table;
  #body = element('tbody');
  #rows = new Map();
  #heads = '';
  #options;

  /** Options: `key(row)`, `empty` (element shown without rows), `onRow?(tr, row)`, `detail?(row)` → text parts. */
  constructor(table, options) {
    this.#table = table;
    this.#options = options;
  }

  update(rows, columns) {
    const heads = columns.map(({ head }) => head).join('\u0000');
    if (heads !== this.#heads) this.#rebuild(columns, heads);
    const { key, empty, onRow } = this.#options;
    const wanted = new Set();
    let before = this.#body.firstChild;
    for (const row of rows) {
      const id = key(row);
      if (wanted.has(id)) continue;
      wanted.add(id);
      let tr = this.#rows.get(id);
      if (!tr) {
        tr = element(
          'tr',
          {},
          ...columns.map(({ className }, n) =>
            element(
              n === 0 && !row.detail ? 'th' : 'td',
              n === 0 && !row.detail ? { className, scope: 'row' } : { className },
            ),
          ),
        );
        if (row.detail) {
          tr.replaceChildren(element('td', { colspan: columns.length, className: 'detail' }));
        }
        this.#rows.set(id, tr);
      }
      if (tr !== before) this.#body.insertBefore(tr, before);
      else before = before.nextSibling;
      if (row.detail) row.detail(tr.firstChild);
      else for (const [n, { fill }] of columns.entries()) fill(tr.children[n], row);
      onRow?.(tr, row);
    }
    for (const [id, tr] of this.#rows) {
      if (wanted.has(id)) continue;
      tr.remove();
      this.#rows.delete(id);
    }
    empty.hidden = rows.length > 0;
    this.#table.hidden = rows.length === 0;
  }

  #rebuild(columns, heads) {
    this.#heads = heads;
    this.#rows.clear();
    this.#body = element('tbody');
    const head = columns.map(({ head: label, className, headTitle }) => {
      const th = element('th', { scope: 'col', className, title: headTitle });
      th.textContent = label;
      return th;
    });
    this.#table.replaceChildren(element('thead', {}, element('tr', {}, ...head)), this.#body);
  }
}

/** A column that shows one text. */
export function column(head, className, textOf, more = {}) {
  return {
    head,
    className,
    fill(cell, row) {
      text(cell, textOf(row));
      if (more.title) assign(cell, { title: more.title(row) });
      if (more.tone) assign(cell, { 'data-tone': more.tone(row) });
    },
    ...(more.headTitle ? { headTitle: more.headTitle } : {}),
  };
}

/** A column with a main line and a quieter one under it. */
export function twoLines(head, className, mainOf, subOf, more = {}) {
  return {
    head,
    className,
    fill(cell, row) {
      if (cell.childElementCount !== 2)
        cell.replaceChildren(element('span', { className: 'line' }), element('span', { className: 'sub' }));
      text(cell.firstChild, mainOf(row));
      text(cell.lastChild, subOf(row));
      if (more.title) assign(cell, { title: more.title(row) });
      if (more.tone) assign(cell.firstChild, { 'data-tone': more.tone(row) });
    },
    ...(more.headTitle ? { headTitle: more.headTitle } : {}),
  };
}

/** First cell with a button, so that rows can be chosen with the keyboard. */
export function choosable(head, nameOf, subOf, onChoose, attribute, isChosen) {
  return {
    head,
    className: 'first',
    fill(cell, row) {
      let button = cell.firstChild;
      if (!button) {
        button = element(
          'button',
          { type: 'button' },
          element('span', { className: 'line' }),
          element('span', { className: 'sub' }),
        );
        cell.append(button);
      }
      button.onclick = () => onChoose(row);
      assign(button, { [attribute]: String(isChosen(row)) });
      text(button.firstChild, nameOf(row));
      text(button.lastChild, subOf(row));
    },
  };
}

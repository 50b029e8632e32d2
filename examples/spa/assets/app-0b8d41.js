"use strict";

/*
 * Shows the view that the address names. The server sends the same page for
 * every address at which there is no file (--fallback /index.html), so that
 * a link into the site, or a reload, finds its view too.
 */

const fish = {
  perch: "Green and golden, with dark stripes and red fins.",
  pike: "Long, and patient.",
  tench: "Olive, slimy, and fond of mud.",
};

function paragraph(text) {
  const p = document.createElement("p");

  p.textContent = text;
  return p;
}

function link(href, text) {
  const a = document.createElement("a");

  a.href = href;
  a.textContent = text;
  return a;
}

const views = [
  [/^\/$/, () => ["Home", paragraph("Every address of this site is this page.")]],
  [/^\/fish$/, () => ["All fish", list()]],
  [/^\/fish\/([a-z]+)$/, (name) =>
    name in fish && [name, paragraph(fish[name])]],
];

function list() {
  const ul = document.createElement("ul");

  for (const name of Object.keys(fish)) {
    const li = document.createElement("li");

    li.append(link(`/fish/${name}`, name));
    ul.append(li);
  }
  return ul;
}

function find(path) {
  for (const [pattern, make] of views) {
    const match = pattern.exec(path);
    const view = match && make(...match.slice(1));

    if (view)
      return view;
  }
  return ["Nothing here", paragraph(`There is no view for ${path}.`)];
}

function show() {
  const [title, content] = find(location.pathname);
  const heading = document.createElement("h1");

  heading.textContent = document.title = title;
  document.getElementById("view").replaceChildren(heading, content);
  for (const a of document.querySelectorAll("nav a")) {
    if (a.pathname === location.pathname)
      a.setAttribute("aria-current", "page");
    else
      a.removeAttribute("aria-current");
  }
}

addEventListener("click", (event) => {
  const a = event.target.closest("a");

  if (!a || a.origin !== location.origin || event.button !== 0 ||
      event.metaKey || event.ctrlKey || event.shiftKey)
    return;
  event.preventDefault();
  history.pushState(null, "", a.href);
  show();
});
addEventListener("popstate", show);
show();

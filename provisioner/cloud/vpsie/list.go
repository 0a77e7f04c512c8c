package vpsie

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strconv"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// pageSize is how many rows are asked for at a time once a list turned out to come in pages.
const pageSize = 100

// list reads a whole list. An answer without a list, and a list that cannot be completed, are ErrTransient.
func list[Row any](ctx context.Context, c *Client, request call) ([]Row, error) {
	raw, err := c.listRaw(ctx, request)
	if err != nil {
		return nil, err
	}
	rows := make([]Row, len(raw))
	for i := range raw {
		if err := json.Unmarshal(raw[i], &rows[i]); err != nil {
			return nil, fmt.Errorf("%w: row %d of the answer: %w", cloud.ErrTransient, i, err)
		}
	}
	return rows, nil
}

// listRaw asks without paging first, as the API is not known to page these lists, and for the rest when the total says so.
func (c *Client) listRaw(ctx context.Context, request call) ([]json.RawMessage, error) {
	first, err := c.readPage(ctx, request)
	if err != nil {
		return nil, err
	}
	rows := first.rows
	seen := map[string]bool{}
	if err := markNew(seen, rows); err != nil && first.total > len(rows) {
		return nil, err
	}
	for len(rows) < first.total {
		next := request
		next.query = withPage(request.query, len(rows))
		more, err := c.readPage(ctx, next)
		if err != nil {
			return nil, err
		}
		if len(more.rows) == 0 || more.total != first.total {
			return nil, fmt.Errorf("%w: list is incomplete: %d rows of %d, then %d of %d",
				cloud.ErrTransient, len(rows), first.total, len(more.rows), more.total)
		}
		if err := markNew(seen, more.rows); err != nil {
			return nil, err
		}
		rows = append(rows, more.rows...)
	}
	return rows, nil
}

func (c *Client) readPage(ctx context.Context, request call) (page, error) {
	answer, err := c.read(ctx, request)
	if err != nil {
		return page{}, err
	}
	found, ok, err := answer.page()
	if err == nil && !ok && !(request.mayBeAbsent && answer.absent()) {
		err = fmt.Errorf("%w: the answer holds no list", cloud.ErrTransient)
	}
	return found, err
}

// markNew refuses rows that came before: the API ignored the offset, or the list moved between two pages.
func markNew(seen map[string]bool, rows []json.RawMessage) error {
	for _, raw := range rows {
		var key struct {
			Identifier text `json:"identifier"`
		}
		if err := json.Unmarshal(raw, &key); err != nil || key.Identifier == "" {
			key.Identifier = text(raw)
		}
		if seen[string(key.Identifier)] {
			return fmt.Errorf("%w: list is incomplete: a row came twice, so others may be missing", cloud.ErrTransient)
		}
		seen[string(key.Identifier)] = true
	}
	return nil
}

func withPage(query url.Values, offset int) url.Values {
	paged := url.Values{}
	maps.Copy(paged, query)
	paged.Set("offset", strconv.Itoa(offset))
	paged.Set("limit", strconv.Itoa(pageSize))
	return paged
}

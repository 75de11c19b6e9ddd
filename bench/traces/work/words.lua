-- SPDX-License-Identifier: MIT
-- Recorded as a trace: how often each word occurs in a text, and in which lines; pairs of neighbours; a sorted report.
local counts, lines, pairs_of = {}, {}, {}
local number = 0
for line in io.lines(arg[1]) do
    number = number + 1
    local last
    for word in line:lower():gmatch("%a+") do
        counts[word] = (counts[word] or 0) + 1
        lines[word] = lines[word] or {}
        table.insert(lines[word], number)
        if last then
            local both = last .. " " .. word
            pairs_of[both] = (pairs_of[both] or 0) + 1
        end
        last = word
    end
end
local words = {}
for word in pairs(counts) do
    words[#words + 1] = word
end
table.sort(words, function(a, b) return counts[a] > counts[b] or counts[a] == counts[b] and a < b end)
local report = {}
for rank, word in ipairs(words) do
    report[#report + 1] = string.format("%5d %-20s %5d: %s", rank, word, counts[word], table.concat(lines[word], ","))
end
local twice = {}
for both, n in pairs(pairs_of) do
    if n > 1 then
        twice[#twice + 1] = both .. "=" .. n
    end
end
table.sort(twice)
print(table.concat(report, "\n"))
print(table.concat(twice, "\n"))

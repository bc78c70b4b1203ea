// Precompiled for src/ports: Arrow, Asio and Beast.

#pragma once

#include "arrow.h"

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
